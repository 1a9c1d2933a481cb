@echo off
rem In the folder that opens with Win+R, shell:sendto. Right-click photos, Send to, defocus.
defocus blur %*
if errorlevel 1 pause
