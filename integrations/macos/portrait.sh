#!/bin/sh
# A Quick Action of Finder: Automator, new Quick Action, "receives image files in Finder",
# "Run Shell Script", pass input as arguments, and this text.
PATH="$HOME/.local/bin:/opt/homebrew/bin:/usr/local/bin:$PATH"
said=$("${DEFOCUS_COMMAND:-defocus}" blur --quiet --keep-both "$@" 2>&1) || {
    defocus_said=$said osascript -e \
        'display alert "defocus" message (system attribute "defocus_said")'
    exit 1
}
