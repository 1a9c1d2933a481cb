@echo off
rem In the folder that opens with Win+R, shell:sendto. Right-click photos, Send to, defocus.
if not defined DEFOCUS_COMMAND set "DEFOCUS_COMMAND=defocus"
"%DEFOCUS_COMMAND%" blur --keep-both %*
if errorlevel 1 pause
