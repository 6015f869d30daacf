#include <fmt/format.h>

#include "ingest/ingest.h"
#include "migrate/ticker.h"
#include "operations/session.h"

namespace sluice {
namespace {

Status check_target(const Place& place) {
  if (place.location.kind == "ducklake") return {};
  return fail(
      Error(ErrorKind::kUnsupported,
            fmt::format("ingest writes to DuckLakes only, and {} is a {}", place.location.display(),
                        place.location.kind.empty() ? "path" : place.location.kind))
          .about(place.location.display())
          .advise("a lake is ducklake:sqlite:PATH or ducklake:postgres://...; `sluice "
                  "import` brings files to other targets"));
}

}  // namespace

Result<IngestReport> Sluice::ingest(const IngestOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.target));
  TRY(check_target(place));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Ticker ticker(impl_->settings.progress);
  ingest::IngestSetting setting{place.location,
                                impl_->settings.state_folder,
                                engine,
                                impl_->settings.cancel,
                                [&](const std::string& phase) { ticker.phase(phase, 0); },
                                &ticker.rows()};
  return ingest::ingest(setting, options);
}

Result<std::vector<DroppedBatch>> Sluice::dropped(const IngestOptions& options) {
  TRY_ASSIGN(const Place place, impl_->place(options.target));
  TRY(check_target(place));
  return ingest::dropped_batches(
      {place.location, impl_->settings.state_folder, nullptr, nullptr, {}, nullptr}, options);
}

int exit_code(const IngestReport& report) {
  if (report.error) return exit_code(report.error->kind);
  return report.state == "rejected" ? exit_code(ErrorKind::kMismatch) : 0;
}

}  // namespace sluice
