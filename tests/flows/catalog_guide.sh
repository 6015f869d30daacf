#!/bin/bash
# Delta tables' logs move into a SQL catalog and back: the steps of a migration guide, in its order.
#
#   catalog_guide.sh SLUICE FOLDER CATALOG
#
# FOLDER has the Delta table `orders`, and `lake` with more of them, some in _tmp and _staging.
# CATALOG is an empty database. Each step prints "== STEP"; the first that does not end as it has to
# ends the script by its exit code.
set -euo pipefail

SLUICE=$1
cd "$2"
CATALOG=$3

step() { echo "== $*"; }

step "1.1 which tables there are"
"$SLUICE" discover lake --recursive --exclude '_tmp' | tee table_list.txt

step "2.1 dry run"
"$SLUICE" catalog import delta:orders "$CATALOG" --table-id my_table --dry-run --verbose

step "2.2 import"
"$SLUICE" catalog import delta:orders "$CATALOG" --table-id my_table --batch-size 1000

step "2.3 validation"
"$SLUICE" catalog validate delta:orders "$CATALOG"

step "3.1 all tables of a folder"
"$SLUICE" catalog import delta:lake "$CATALOG" --recursive --batch-size 500 --parallel 2 \
    --exclude _tmp --exclude _staging

step "3.2 validation of all"
"$SLUICE" catalog validate delta:lake/eu "$CATALOG"

step "3.3 log against SQL"
"$SLUICE" catalog compare delta:orders "$CATALOG"

step "4.1 all migrations"
"$SLUICE" catalog status "$CATALOG"

step "4.2 one migration"
"$SLUICE" catalog status "$CATALOG" --table-id my_table

step "4.3 an interrupted one goes on"
"$SLUICE" catalog import delta:orders "$CATALOG" --table-id my_table --resume --verbose

step "4.4 how far behind"
"$SLUICE" catalog validate delta:orders "$CATALOG" --watch --count 1

step "5.1 can it be rolled back"
"$SLUICE" catalog rollback "$CATALOG" --table-id my_table --dry-run

step "5.2 the state out of SQL as a log of its own"
"$SLUICE" catalog export "$CATALOG" exported --table-id my_table

step "5.3 rollback"
"$SLUICE" catalog rollback "$CATALOG" --table-id my_table
ls orders/_delta_log

step "5.4 the table is read as before"
"$SLUICE" query delta:orders 'SELECT count(*) AS rows FROM orders' --format csv
