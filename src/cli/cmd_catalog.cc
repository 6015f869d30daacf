#include <chrono>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/print_report.h"
#include "report/catalog_report.h"

namespace sluice {
namespace {

constexpr auto kLook = std::chrono::milliseconds(50);  // between two looks for Ctrl-C

// SOURCE... CATALOG as one list: the last is the catalog.
Status take_catalog(std::vector<std::string>& locations, std::string& catalog) {
  if (locations.size() < 2) {
    return fail(Error(ErrorKind::kInvalid, "a source and a catalog are wanted")
                    .advise("such as: delta:DIR sqlite:catalog.db"));
  }
  catalog = std::move(locations.back());
  locations.pop_back();
  return {};
}

Status wait(const Session& session, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
    TRY(session.cancel().check());
    std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(kLook, time));
  }
  return {};
}

// Ctrl-C is how it ends where no count says when.
Result<int> watch_lag(Session& session, const CatalogCheckArguments& arguments) {
  for (int i = 0; arguments.count == 0 || i < arguments.count; ++i) {
    if (i > 0 && !wait(session, arguments.interval)) return 0;
    TRY_ASSIGN(const CatalogLagReport report, session.sluice().catalog_lag(arguments.options));
    session.end_progress();
    // One JSON value a line, since there are many.
    TRY(session.output().write(session.options().json ? render_line(report)
                                                      : render_text(report, session.style())));
    TRY(session.output().finish());
  }
  return 0;
}

}  // namespace

Result<int> run_catalog_import(Session& session, CatalogImportOptions options) {
  TRY(take_catalog(options.sources, options.catalog));
  std::mutex one_line;
  if (session.options().verbose && !session.options().quiet) {
    options.note = [&](const std::string& note) {
      const std::lock_guard lock(one_line);
      write_error_text(note + "\n");
    };
  }
  TRY_ASSIGN(const CatalogImportReport report, session.sluice().catalog_import(options));
  const Error* const error = report.error();
  if (session.options().json || !session.options().quiet) TRY(print_report(session, report));
  if (error == nullptr) return 0;
  if (session.options().quiet) session.print_reported_error(*error);
  return exit_code(error->kind);
}

Result<int> run_catalog_validate(Session& session, CatalogCheckArguments arguments) {
  TRY(take_catalog(arguments.options.sources, arguments.options.catalog));
  if (arguments.watch) return watch_lag(session, arguments);
  TRY_ASSIGN(const CatalogCheckReport report, session.sluice().catalog_validate(arguments.options));
  if (!report.same() || session.options().json || !session.options().quiet) {
    TRY(print_report(session, report));
  }
  if (report.error() != nullptr) return exit_code(report.error()->kind);
  return report.same() ? 0 : exit_code(ErrorKind::kMismatch);
}

Result<int> run_catalog_compare(Session& session, CatalogCheckArguments arguments) {
  TRY(take_catalog(arguments.options.sources, arguments.options.catalog));
  TRY_ASSIGN(const CatalogSpeedReport report, session.sluice().catalog_compare(arguments.options));
  TRY(print_report(session, report));
  return report.same() ? 0 : exit_code(ErrorKind::kMismatch);
}

Result<int> run_catalog_status(Session& session, const CatalogTableOptions& options) {
  TRY_ASSIGN(const CatalogStatusReport report, session.sluice().catalog_status(options));
  TRY(print_report(session, report));
  return 0;
}

Result<int> run_catalog_mirror(Session& session, const CatalogTableOptions& options) {
  TRY_ASSIGN(const CatalogMirrorReport report, session.sluice().catalog_mirror(options));
  if (report.error() != nullptr || session.options().json || !session.options().quiet) {
    TRY(print_report(session, report));
  }
  return report.error() == nullptr ? 0 : exit_code(report.error()->kind);
}

Result<int> run_catalog_rollback(Session& session, const CatalogTableOptions& options) {
  TRY_ASSIGN(const CatalogRollbackReport report, session.sluice().catalog_rollback(options));
  const bool refused = report.table.state == "refused";
  if (refused || session.options().json || !session.options().quiet) {
    TRY(print_report(session, report));
  }
  return refused ? exit_code(ErrorKind::kMismatch) : 0;
}

Result<int> run_catalog_drop(Session& session, const CatalogTableOptions& options) {
  TRY_ASSIGN(const CatalogDropReport report, session.sluice().catalog_drop(options));
  if (session.options().json || !session.options().quiet) TRY(print_report(session, report));
  return 0;
}

Result<int> run_catalog_export(Session& session, const CatalogExportOptions& options) {
  TRY_ASSIGN(const CatalogExportReport report, session.sluice().catalog_export(options));
  if (session.options().json || !session.options().quiet) TRY(print_report(session, report));
  return 0;
}

}  // namespace sluice
