#!/bin/sh
# Migrate an empty embedded database and fail when the models have moved on without a migration.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
env -u DATABASE_URL -u MIGRATION_DATABASE_URL VIGIDOM_DATA="$folder/data" .venv/bin/vigidom check-migrations
