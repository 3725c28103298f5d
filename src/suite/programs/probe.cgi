#!/bin/sh
hex() { od -An -v -tx1 | tr -d ' \n'; }
printf 'Content-Type: application/json\r\n\r\n{"probe": "cgi"'
for name in SCRIPT_NAME PATH_INFO QUERY_STRING SCRIPT_FILENAME REQUEST_URI REMOTE_USER; do
    eval "value=\$$name"
    printf ', "%s": "%s"' "$name" "$(printf '%s' "$value" | sed 's/[\\"]/\\&/g')"
done
# as httpd made it: of two variables of a name the shell keeps one
environment=$(cat "/proc/$$/environ" 2>/dev/null | hex)
printf ', "environment": "%s"}\n' "${environment:-$(env -0 | hex)}"
