// Every command: its name (two words where it belongs to a group), what it does in a line, and an
// example that works as it stands.
#pragma once

#include <array>
#include <string_view>

namespace sluice {

struct CommandText {
  std::string_view name;
  std::string_view summary;
  std::string_view example;
};

inline constexpr std::array kCommands = {
    CommandText{"doctor", "Check the installation, and whether locations go with it",
                "sluice doctor duckdb:shop.duckdb --dir migrations"},
    CommandText{"discover", "Find databases and files that hold tables",
                "sluice discover data --recursive --exclude '*.tmp'"},
    CommandText{"inspect", "Show a location's tables, columns, types, keys and rows",
                "sluice inspect duckdb:shop.duckdb --table 'sales.*'"},
    CommandText{"types", "Show how a target holds each type", "sluice types duckdb postgres"},
    CommandText{
        "plan", "Show what migrate would do; writes nothing to either side",
        "sluice plan duckdb:shop.duckdb postgres://etl@localhost/shop --out shop.plan.json"},
    CommandText{"migrate", "Move tables, verify them, and only then publish them",
                "sluice migrate duckdb:shop.duckdb parquet:out --table 'sales.*' --verify content"},
    CommandText{"resume", "Finish a run that was interrupted", "sluice resume last"},
    CommandText{"publish", "Publish a run that was made with --no-publish", "sluice publish last"},
    CommandText{"rollback", "Undo a run: put back what was there before",
                "sluice rollback last --dry-run"},
    CommandText{"forget", "Drop what rollback of a run would need", "sluice forget last"},
    CommandText{"runs", "List all runs", "sluice runs"},
    CommandText{"status", "Show how a run stands", "sluice status last --watch"},
    CommandText{"report", "Print the report of a run",
                "sluice report last --format html --out report.html"},
    CommandText{"verify", "Compare the content of two locations, or a certificate with its target",
                "sluice verify duckdb:shop.duckdb parquet:out --level rows"},
    CommandText{"export", "Write tables, or a query's rows, to files",
                "sluice export duckdb:shop.duckdb out --format csv --table 'sales.*'"},
    CommandText{"import", "Move a folder of files into a database; same choices as migrate",
                "sluice import out sqlite:copy.db --if-exists replace"},
    CommandText{"query", "Run SQL that only reads",
                "sluice query duckdb:shop.duckdb 'SELECT count(*) FROM orders' --format json"},
    CommandText{"ingest", "Add rows of files, streams and URLs to a table of a lake, each key once",
                "sluice ingest ducklake:sqlite:lake.sqlite --table measurements "
                "--key device,when_captured data.json"},
    CommandText{"follow", "Put the messages of a NATS stream into a table, each of them once",
                "sluice follow nats://localhost:4222 duckdb:media.duckdb --table playback_events "
                "--stream MEDIA_EVENTS --subject 'playback.events.>' --durable media-processor"},
    CommandText{"follow status", "Show how far a table is behind its stream",
                "sluice follow status nats://localhost:4222 duckdb:media.duckdb --table "
                "playback_events --stream MEDIA_EVENTS --durable media-processor"},
    CommandText{"follow dead", "List the messages that are no rows of the table, and why",
                "sluice follow dead duckdb:media.duckdb --table playback_events"},
    CommandText{"follow move", "Move the messages of a stream to other NATS servers",
                "sluice follow move nats://embedded nats://nats1:4222,nats://nats2:4222 "
                "--stream MEDIA_EVENTS"},
    CommandText{"lake snapshots", "List a lake's snapshots and what each of them changed",
                "sluice lake snapshots ducklake:sqlite:lake.sqlite"},
    CommandText{"lake files", "List the data files of a lake's tables",
                "sluice lake files ducklake:sqlite:lake.sqlite --table orders --at 12"},
    CommandText{"lake diff", "Count and show the rows that differ between two snapshots",
                "sluice lake diff ducklake:sqlite:lake.sqlite --since 12 --limit 20"},
    CommandText{"lake fsck", "Check a lake's catalog against its files, and repair it on request",
                "sluice lake fsck ducklake:sqlite:lake.sqlite"},
    CommandText{"connect", "Print the settings of another program for a lake, and check them",
                "sluice connect grafana ducklake:sqlite:lake.sqlite --user grafana"},
    CommandText{"backup create", "Copy a lake, or a database, as one consistent set",
                "sluice backup create ducklake:sqlite:lake.sqlite"},
    CommandText{"backup list", "List the archives", "sluice backup list"},
    CommandText{"backup verify", "Read every byte of an archive", "sluice backup verify last"},
    CommandText{"backup restore", "Make a lake, or a database, out of an archive",
                "sluice backup restore last ducklake:sqlite:copy.sqlite"},
    CommandText{"backup prune", "Remove old archives", "sluice backup prune --keep 7 --dry-run"},
    CommandText{"lake compact", "Make few big files out of many small ones and of deleted rows",
                "sluice lake compact ducklake:sqlite:lake.sqlite --target-size 256MB"},
    CommandText{"lake freeze", "Copy a lake's catalog into one file that readers attach",
                "sluice lake freeze ducklake:sqlite:lake.sqlite published.ducklake"},
    CommandText{"lake expire", "Remove old snapshots, and then the files that none is left to need",
                "sluice lake expire ducklake:sqlite:lake.sqlite --older-than 30d --dry-run"},
    CommandText{"catalog import", "Bring the logs of Delta tables into SQL, or what is new in them",
                "sluice catalog import delta:orders sqlite:catalog.db --table-id shop.orders"},
    CommandText{"catalog validate",
                "Compare the logs of Delta tables with their catalog, both ways",
                "sluice catalog validate delta:orders sqlite:catalog.db"},
    CommandText{"catalog compare", "Ask a table's log and its catalog the same, and time both",
                "sluice catalog compare delta:orders sqlite:catalog.db"},
    CommandText{"catalog status",
                "List the imports into a catalog, and how far logs and catalog are apart",
                "sluice catalog status sqlite:catalog.db --table-id shop.orders"},
    CommandText{"catalog mirror",
                "Finish commits that were made in a catalog and are not in their logs yet",
                "sluice catalog mirror sqlite:catalog.db"},
    CommandText{"catalog rollback", "Take a table out of a catalog, after its log was verified",
                "sluice catalog rollback sqlite:catalog.db --table-id shop.orders --dry-run"},
    CommandText{"catalog drop", "Remove a table's rows from a catalog, whatever its log says",
                "sluice catalog drop sqlite:catalog.db --table-id shop.orders"},
    CommandText{"catalog export", "Write a table's state out of a catalog as a new _delta_log",
                "sluice catalog export sqlite:catalog.db restored --table-id shop.orders"},
    CommandText{"evolve new", "Begin a script that changes a schema, and the one that undoes it",
                "sluice evolve new add_status --dir migrations"},
    CommandText{"evolve status", "Show which scripts a database has, and which are pending",
                "sluice evolve status duckdb:shop.duckdb --dir migrations"},
    CommandText{"evolve up", "Run the scripts that a database has not, after a backup",
                "sluice evolve up duckdb:shop.duckdb --dir migrations"},
    CommandText{"evolve down", "Undo scripts, the newest first",
                "sluice evolve down duckdb:shop.duckdb --dir migrations --to 22"},
    CommandText{"evolve verify",
                "Check that a database has just these scripts, and nothing besides",
                "sluice evolve verify duckdb:shop.duckdb --dir migrations"},
    CommandText{"evolve baseline", "Note the version of a database that scripts did not make",
                "sluice evolve baseline duckdb:shop.duckdb --dir migrations --to 22"},
    CommandText{"completions", "Print the completion script of a shell",
                "sluice completions bash > ~/.local/share/bash-completion/completions/sluice"},
};

// The first words of commands of two: `sluice lake files`.
struct GroupText {
  std::string_view name;
  std::string_view summary;
};
inline constexpr std::array kGroups = {
    GroupText{"lake", "Look into a lakehouse and tidy it up: its snapshots, files and soundness"},
    GroupText{"backup", "Archives of lakes and databases"},
    GroupText{"evolve", "Versioned SQL scripts that change a database's schema"},
    GroupText{"catalog",
              "Delta tables' logs in a SQL database: import, validate, mirror, roll back"},
};

// Commands of later releases: named, so that nobody looks for a typing mistake.
inline constexpr std::array<std::string_view, 2> kLaterCommands = {"translate", "serve"};

}  // namespace sluice
