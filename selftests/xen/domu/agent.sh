#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Reads lines "ID SECONDS BASE64", runs the script, and answers with lines
# "@ID |TEXT" and at last "@ID exit STATUS".
echo "@agent"
while read -r id limit script; do
	case $id in *[!0-9]*|'') continue ;; esac
	base64 -d <<< "$script" > "/run/job.$id" 2>/dev/null || continue
	timeout -k 2 "$limit" bash "/run/job.$id" < /dev/null > "/run/out.$id" 2>&1
	rc=$?
	sed "s/^/@$id |/" "/run/out.$id"
	echo "@$id exit $rc"
	rm -f "/run/job.$id" "/run/out.$id"
done
