#!/bin/sh
hex() { od -An -v -tx1 | tr -d ' \n'; }
printf 'Content-Type: application/json\r\n\r\n{"probe": "cgi"'
for name in SCRIPT_NAME PATH_INFO QUERY_STRING SCRIPT_FILENAME REQUEST_URI REMOTE_USER; do
    eval "value=\$$name"
    printf ', "%s": "%s"' "$name" "$(printf '%s' "$value" | sed 's/[\\"]/\\&/g')"
done
printf ', "environment": "%s"}\n' "$(env -0 | hex)"
