// catalog import, validate, compare, status, rollback, drop, export.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "delta_catalog/compare_speed.h"
#include "delta_catalog/export_table.h"
#include "delta_catalog/find_delta_tables.h"
#include "delta_catalog/finish_commits.h"
#include "delta_catalog/import_table.h"
#include "delta_catalog/remedies.h"
#include "delta_catalog/roll_back.h"
#include "delta_catalog/validate_table.h"
#include "endpoint/reach_files.h"
#include "migrate/ticker.h"
#include "model/s3_place.h"
#include "operations/catalog_places.h"
#include "operations/session.h"

namespace sluice {
namespace {

Result<DeltaCatalog> open(const Location& location, const CancelToken* cancel, bool create) {
  auto catalog = DeltaCatalog::open(location, {create, cancel});
  if (!catalog) return fail(with_connection_remedy(std::move(catalog.error()), location));
  return catalog;
}

Result<DeltaCatalog> open(Sluice::Impl& impl, const std::string& text) {
  TRY_ASSIGN(const Place place, impl.place(text));
  return open(place.location, impl.settings.cancel, false);
}

Result<std::vector<DeltaTablePlace>> tables_of(Sluice::Impl& impl,
                                               const std::vector<std::string>& sources,
                                               DeltaTableSearch search) {
  std::vector<DeltaTablePlace> out;
  for (const std::string& source : sources) {
    TRY_ASSIGN(const Place place, impl.place(source));
    if (place.location.kind != "delta") {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("{} is of kind {}, and only Delta tables have a catalog in SQL",
                                    place.location.display(), place.location.kind))
                      .about(place.location.display())
                      .advise("sources are delta:DIR; the catalog is the last argument"));
    }
    TRY_ASSIGN(Engine* const engine, impl.engine());
    search.folder = place.location.path;
    TRY(reach_files(place.location.path, place.location, *engine));
    TRY_ASSIGN(auto found,
               with_remedy(find_delta_tables(search, engine->files_of(place.location.path))));
    std::move(found.begin(), found.end(), std::back_inserter(out));
  }
  return out;
}

// --table-id names the only table; two tables cannot have one id.
Status name_tables(const std::string& table_id, std::vector<DeltaTablePlace>& tables) {
  if (!table_id.empty()) {
    if (tables.size() == 1) {
      tables.front().table_id = table_id;
      return {};
    }
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("--table-id names one table, and there are {}", tables.size()))
                    .about(table_id)
                    .advise("name one table, or leave --table-id away: tables of a folder are "
                            "called by their paths in it"));
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (tables[i].table_id != tables[j].table_id) continue;
      return fail(
          Error(ErrorKind::kInvalid,
                fmt::format("{} and {} would both be called \"{}\"", tables[j].folder.string(),
                            tables[i].folder.string(), tables[i].table_id))
              .about(tables[i].table_id)
              .advise("import one of them by itself, with --table-id"));
    }
  }
  return {};
}

// The rows of tables that were found, in the catalog: by --table-id, or by where they are.
Result<std::vector<DeltaTableRecord>> records_of(DeltaCatalog& catalog,
                                                 const std::vector<DeltaTablePlace>& tables,
                                                 const std::string& table_id) {
  TRY_ASSIGN(const std::vector<DeltaTableRecord> all, catalog.tables());
  std::vector<DeltaTableRecord> out;
  for (const DeltaTablePlace& table : tables) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const DeltaTableRecord& one) {
      const bool is_here = one.location == table.folder.string();
      return table_id.empty() ? is_here : is_here && one.table_id == table_id;
    });
    if (found == all.end()) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("the catalog {} does not have the table in {}{}",
                                    catalog.display(), table.folder.string(),
                                    table_id.empty() ? "" : " as \"" + table_id + "\""))
                      .about(table.folder.string())
                      .advise("`sluice catalog import` brings it; `sluice catalog status` lists "
                              "what there is"));
    }
    out.push_back(*found);
  }
  return out;
}

// The one that is named, or the only one.
Result<DeltaTableRecord> record_of(DeltaCatalog& catalog, const std::string& table_id) {
  TRY_ASSIGN(const std::vector<DeltaTableRecord> all, catalog.tables());
  if (table_id.empty() && all.size() == 1) return all.front();
  std::vector<std::string> ids;
  for (const DeltaTableRecord& one : all) {
    if (one.table_id == table_id) return one;
    ids.push_back(one.table_id);
  }
  if (table_id.empty() && !all.empty()) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("the catalog {} has {} tables", catalog.display(), all.size()))
                    .about(catalog.display())
                    .advise("name one by --table-id: " + join(ids, ", ")));
  }
  return fail(Error(ErrorKind::kNotFound, fmt::format("table \"{}\" is not in the catalog {}",
                                                      table_id, catalog.display()))
                  .about(table_id)
                  .advise("`sluice catalog status` lists the tables"));
}

CatalogImportFacts failed(const DeltaTablePlace& table, const Error& error) {
  CatalogImportFacts facts;
  facts.table_id = table.table_id;
  facts.location = table.folder.string();
  facts.state = error.kind == ErrorKind::kCancelled ? "interrupted" : "failed";
  facts.error = error;
  return facts;
}

// Imports tables on several threads, each with a connection of its own.
class ImportCrew {
 public:
  ImportCrew(const CatalogImportOptions& options, const Location& location, Engine& engine,
             const CancelToken* cancel, std::atomic<std::uint64_t>& files_done)
      : options_(options),
        location_(location),
        engine_(engine),
        cancel_(cancel),
        files_done_(files_done) {}

  std::vector<CatalogImportFacts> run(const std::vector<DeltaTablePlace>& tables,
                                      DeltaCatalog* catalog) {
    std::vector<CatalogImportFacts> out(tables.size());
    std::vector<std::jthread> threads;
    const auto more =
        std::min<std::size_t>(static_cast<std::size_t>(options_.parallel), tables.size());
    for (std::size_t i = 1; i < more; ++i) {
      threads.emplace_back([&] { work_on_own_connection(tables, out, catalog == nullptr); });
    }
    work(tables, out, catalog);
    threads.clear();
    return out;
  }

 private:
  void work_on_own_connection(const std::vector<DeltaTablePlace>& tables,
                              std::vector<CatalogImportFacts>& out, bool without) {
    if (without) return work(tables, out, nullptr);
    auto catalog = open(location_, cancel_, false);
    // The others do its share.
    if (catalog) work(tables, out, &*catalog);
  }

  void work(const std::vector<DeltaTablePlace>& tables, std::vector<CatalogImportFacts>& out,
            DeltaCatalog* catalog) {
    for (std::size_t i = next_++; i < tables.size(); i = next_++) {
      const Status going_on = cancel_ == nullptr ? Status() : cancel_->check();
      if (!going_on) {
        out[i] = failed(tables[i], going_on.error());
        continue;
      }
      CatalogImport wanted;
      wanted.table_id = tables[i].table_id;
      wanted.folder = tables[i].folder;
      wanted.run = make_ulid();
      wanted.batch_files = options_.batch_files;
      wanted.resume = options_.resume;
      wanted.dry_run = options_.dry_run;
      wanted.cancel = cancel_;
      wanted.files_done = &files_done_;
      wanted.note = options_.note;
      out[i] = import_table(catalog, wanted, engine_);
    }
  }

  const CatalogImportOptions& options_;
  const Location& location_;
  Engine& engine_;
  const CancelToken* cancel_;
  std::atomic<std::uint64_t>& files_done_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace

Result<CatalogImportReport> Sluice::catalog_import(const CatalogImportOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(auto tables, tables_of(*impl_, options.sources,
                                    {"", options.recursive, options.max_depth, options.excludes}));
  TRY(name_tables(options.table_id, tables));
  TRY_ASSIGN(const Place place, impl_->place(options.catalog));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  std::optional<DeltaCatalog> catalog;
  auto is_there = options.dry_run ? DeltaCatalog::is_there(place.location) : Result<bool>(true);
  if (!is_there) {
    return fail(with_connection_remedy(std::move(is_there.error()), place.location));
  }
  if (*is_there) {
    TRY_ASSIGN(auto opened, open(place.location, impl_->settings.cancel, !options.dry_run));
    catalog.emplace(std::move(opened));
    if (!options.dry_run) TRY(reach_unmirrored(*catalog, place.location, *engine));
  }
  CatalogImportReport report;
  report.catalog = place.location.display();
  report.dry_run = options.dry_run;
  Ticker ticker(impl_->settings.progress);
  ticker.phase("import", 0);
  ImportCrew crew(options, place.location, *engine, impl_->settings.cancel, ticker.rows());
  report.tables = crew.run(tables, catalog ? &*catalog : nullptr);
  report.seconds = watch.seconds();
  return report;
}

Result<CatalogCheckReport> Sluice::catalog_validate(const CatalogCheckOptions& options) {
  const Stopwatch watch;
  TRY_ASSIGN(const auto tables,
             tables_of(*impl_, options.sources, {"", true, options.max_depth, options.excludes}));
  TRY_ASSIGN(DeltaCatalog catalog, open(*impl_, options.catalog));
  TRY_ASSIGN(const auto records, records_of(catalog, tables, options.table_id));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  CatalogCheckReport report;
  report.catalog = catalog.display();
  Ticker ticker(impl_->settings.progress);
  ticker.phase("validate", 0);
  for (const DeltaTableRecord& record : records) {
    report.tables.push_back(validate_table(catalog, record, *engine));
    ticker.rows() += report.tables.back().files;
  }
  report.seconds = watch.seconds();
  return report;
}

Result<CatalogLagReport> Sluice::catalog_lag(const CatalogCheckOptions& options) {
  TRY_ASSIGN(const auto tables,
             tables_of(*impl_, options.sources, {"", true, options.max_depth, options.excludes}));
  TRY_ASSIGN(DeltaCatalog catalog, open(*impl_, options.catalog));
  TRY_ASSIGN(const auto records, records_of(catalog, tables, options.table_id));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  CatalogLagReport report;
  report.catalog = catalog.display();
  report.time = format_rfc3339(now_unix_ms());
  for (const DeltaTableRecord& record : records) {
    TRY_ASSIGN(CatalogLagFacts lag, with_remedy(lag_of(catalog, record, *engine)));
    report.tables.push_back(std::move(lag));
  }
  return report;
}

Result<CatalogSpeedReport> Sluice::catalog_compare(const CatalogCheckOptions& options) {
  TRY_ASSIGN(const auto tables,
             tables_of(*impl_, options.sources, {"", false, options.max_depth, {}}));
  TRY_ASSIGN(DeltaCatalog catalog, open(*impl_, options.catalog));
  TRY_ASSIGN(const auto records, records_of(catalog, tables, options.table_id));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  CatalogSpeedReport report;
  report.catalog = catalog.display();
  report.table_id = records.front().table_id;
  TRY_ASSIGN(report.questions, with_remedy(compare_speed(catalog, records.front(), *engine)));
  return report;
}

Result<CatalogStatusReport> Sluice::catalog_status(const CatalogTableOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.catalog));
  TRY_ASSIGN(DeltaCatalog catalog, open(place.location, impl_->settings.cancel, false));
  if (!options.table_id.empty()) TRY(record_of(catalog, options.table_id));
  TRY_ASSIGN(const auto tables, catalog.tables());
  TRY_ASSIGN(const auto migrations, catalog.migrations(options.table_id));
  CatalogStatusReport report;
  report.catalog = catalog.display();
  for (const DeltaMigrationRecord& one : migrations) {
    const auto table = std::find_if(tables.begin(), tables.end(),
                                    [&](const auto& t) { return t.table_id == one.table_id; });
    report.migrations.push_back({one.table_id, table == tables.end() ? "" : table->location,
                                 one.run, one.status, one.version, one.files, one.commits,
                                 one.started_at, one.updated_at, one.completed_at, one.error});
  }
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  for (const DeltaTableRecord& table : tables) {
    if (!options.table_id.empty() && table.table_id != options.table_id) continue;
    const Status reached = reach_tables({table}, place.location, *engine);
    auto lag = reached ? lag_of(catalog, table, *engine) : fail(reached.error());
    if (!lag) {  // a table whose log cannot be looked at does not hide the others
      CatalogLagFacts unknown;
      unknown.table_id = table.table_id;
      unknown.log_version = -1;
      unknown.catalog_version = table.version;
      unknown.drift = lag.error().message;
      lag = std::move(unknown);
    }
    report.tables.push_back(*std::move(lag));
  }
  return report;
}

Result<CatalogMirrorReport> Sluice::catalog_mirror(const CatalogTableOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.catalog));
  TRY_ASSIGN(DeltaCatalog catalog, open(place.location, impl_->settings.cancel, false));
  if (!options.table_id.empty()) TRY(record_of(catalog, options.table_id));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY(reach_unmirrored(catalog, place.location, *engine));
  CatalogMirrorReport report;
  report.catalog = catalog.display();
  TRY_ASSIGN(report.commits, finish_commits(catalog, options.table_id, *engine));
  return report;
}

Result<CatalogRollbackReport> Sluice::catalog_rollback(const CatalogTableOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.catalog));
  TRY_ASSIGN(DeltaCatalog catalog, open(place.location, impl_->settings.cancel, false));
  TRY_ASSIGN(const DeltaTableRecord record, record_of(catalog, options.table_id));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY(reach_tables({record}, place.location, *engine));
  CatalogRollbackReport report;
  report.catalog = catalog.display();
  TRY_ASSIGN(report.table, with_remedy(roll_back_table(catalog, record, *engine, options.dry_run)));
  return report;
}

Result<CatalogDropReport> Sluice::catalog_drop(const CatalogTableOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.catalog));
  TRY_ASSIGN(DeltaCatalog catalog, open(place.location, impl_->settings.cancel, false));
  TRY_ASSIGN(const DeltaTableRecord record, record_of(catalog, options.table_id));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY(reach_unmirrored(catalog, place.location, *engine));
  CatalogDropReport report;
  report.catalog = catalog.display();
  report.table_id = record.table_id;
  TRY_ASSIGN(report.files, with_remedy(drop_table(catalog, record.table_id, *engine)));
  return report;
}

Result<CatalogExportReport> Sluice::catalog_export(const CatalogExportOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.catalog));
  TRY_ASSIGN(DeltaCatalog catalog, open(place.location, impl_->settings.cancel, false));
  TRY_ASSIGN(const DeltaTableRecord record, record_of(catalog, options.table_id));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  std::string folder = options.folder;
  if (is_s3(folder)) {
    TRY_ASSIGN(const S3Place where, parse_s3(folder));
    folder = where.uri();
    TRY(reach_files(folder, place.location, *engine));
  }
  CatalogExportReport report;
  report.catalog = catalog.display();
  TRY_ASSIGN(report.table,
             with_remedy(export_table(catalog, record, {folder, options.version}, *engine)));
  return report;
}

}  // namespace sluice
