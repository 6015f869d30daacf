// The options of the catalog commands.

#include <limits>

#include "cli/define_options.h"
#include "cli/option_kinds.h"

namespace sluice {
namespace {

constexpr const char* kCatalog = "sqlite:PATH, postgres://... or mysql://...";
constexpr int kParallelMax = 256;

CLI::Option* add_table_id(CLI::App* command, std::string& value, const std::string& summary) {
  return command->add_option("--table-id", value, summary)->type_name("ID");
}

CLI::App* add_sides(CLI::App& app, const std::string& name, std::vector<std::string>& locations,
                    const std::string& summary) {
  CLI::App* command = &command_app(app, name);
  command->add_option("SOURCE... CATALOG", locations, summary)->type_name("")->required();
  return command;
}

void add_tree(CLI::App* command, int& max_depth, std::vector<std::string>& excludes) {
  add_number(command, "--max-depth", max_depth, kParallelMax,
             "Folders below each other at most (16)");
  add_texts(command, "--exclude", excludes, "GLOB",
            "Not folders of these names or paths; may be repeated");
}

void define_import(CLI::App& app, CatalogImportOptions& import) {
  CLI::App* command = add_sides(app, "catalog import", import.sources,
                                "Tables, delta:DIR, and where their catalog is: sqlite:PATH, "
                                "postgres://... or mysql://...");
  add_table_id(command, import.table_id, "What the catalog calls the table (its folder's name)");
  command->add_flag("--recursive", import.recursive, "All tables below the folders");
  add_tree(command, import.max_depth, import.excludes);
  add_number(command, "--parallel", import.parallel, kParallelMax, "Tables at once (1)");
  add_number(command, "--batch-size", import.batch_files, std::numeric_limits<int>::max(),
             "Files in one transaction (1000)");
  command->add_flag("--resume", import.resume, "Go on at the file where an import was interrupted");
  command->add_flag("--dry-run", import.dry_run, "Read the logs; change nothing");
}

void define_checks(CLI::App& app, Arguments& arguments) {
  CatalogCheckArguments& validate = arguments.catalog_validate;
  CLI::App* command = add_sides(app, "catalog validate", validate.options.sources,
                                "Tables, or folders of them, and their catalog");
  add_table_id(command, validate.options.table_id, "What the catalog calls the table");
  command->add_flag("--recursive")
      ->description("As an import takes it: folders are gone through in any case");
  add_tree(command, validate.options.max_depth, validate.options.excludes);
  command->add_flag("--watch", validate.watch,
                    "Show how far catalog and log are behind each other, again and again");
  CLI::Option* const watch = command->get_option("--watch");
  add_number(command, "--count", validate.count, std::numeric_limits<int>::max(),
             "With --watch: so many times (until Ctrl-C)")
      ->needs(watch);
  add_duration(command, "--interval", validate.interval, "With --watch: between two looks (5s)");

  CatalogCheckArguments& compare = arguments.catalog_compare;
  command = add_sides(app, "catalog compare", compare.options.sources, "A table and its catalog");
  add_table_id(command, compare.options.table_id, "What the catalog calls the table");
}

}  // namespace

void define_catalog(CLI::App& app, Arguments& arguments) {
  define_import(app, arguments.catalog_import);
  define_checks(app, arguments);
  CatalogTableOptions& table = arguments.catalog_table;
  for (const char* const name :
       {"catalog status", "catalog mirror", "catalog rollback", "catalog drop"}) {
    CLI::App* command = &command_app(app, name);
    add_text(command, "CATALOG", table.catalog, true, kCatalog);
    const std::string_view verb =
        std::string_view(name).substr(std::string_view("catalog ").size());
    const bool takes_all = verb == "status" || verb == "mirror";
    add_table_id(command, table.table_id,
                 takes_all ? "Only this table" : "The table (the only one that there is)");
  }
  command_app(app, "catalog rollback")
      .add_flag("--dry-run", table.dry_run, "Verify that it can be done; change nothing");

  CatalogExportOptions& to = arguments.catalog_export;
  CLI::App* command = &command_app(app, "catalog export");
  add_text(command, "CATALOG", to.catalog, true, kCatalog);
  add_text(command, "DIR", to.folder, true,
           "The folder that gets a _delta_log: the table's own, or another one");
  add_table_id(command, to.table_id, "The table (the only one that there is)");
  command->add_option("--at", to.version, "The number of a version (newest)")->type_name("VERSION");
}

}  // namespace sluice
