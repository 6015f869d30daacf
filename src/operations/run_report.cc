#include "operations/run_report.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "journal/certificate.h"
#include "report/run_report.h"

namespace sluice {
namespace {

Result<MigrationReport> recorded_report(const Sluice::Impl& impl, Journal& journal,
                                        const RunRecord& record) {
  TRY_ASSIGN(const std::vector<StoredEvent> events, journal.events(record.run));
  MigrationReport report = report_of(record, events);
  const std::filesystem::path certificate =
      certificate_path(impl.settings.state_folder, record.run);
  if (std::filesystem::exists(certificate)) report.certificate = certificate.string();
  return report;
}

}  // namespace

Result<MigrationReport> run_report(Sluice::Impl& impl, Journal& journal, const std::string& run,
                                   const Status& status) {
  TRY_ASSIGN(RunRecord record, journal.find(run));
  record.live = false;  // the lock is still held, but the verb's work is at its end
  TRY_ASSIGN(MigrationReport report, recorded_report(impl, journal, record));
  if (!status) report.error = status.error();
  if (report.error && report.error->hint.empty() && !report.next.empty()) {
    report.error->hint = "`" + report.next + "` goes on from here";
  }
  return report;
}

Result<std::vector<RunSummary>> Sluice::runs() {
  TRY_ASSIGN(Journal journal, impl_->journal(false));
  TRY_ASSIGN(const std::vector<RunRecord> records, journal.runs());
  std::vector<RunSummary> summaries;
  for (const RunRecord& record : records) {
    RunSummary& out = summaries.emplace_back();
    out.run = record.run;
    out.state = to_string(record.shown_state());
    out.source = record.source;
    out.target = record.target;
    out.started_at = format_rfc3339(record.started_ms);
    out.seconds = static_cast<double>(record.updated_ms - record.started_ms) / 1000;
    out.next = next_step(record);
    if (record.error) out.error = record.error->message;
    out.rows = record.rows;
  }
  return summaries;
}

Result<MigrationReport> Sluice::report(const std::string& run) {
  TRY_ASSIGN(Journal journal, impl_->journal(false));
  TRY_ASSIGN(const RunRecord record, journal.find(run));
  return recorded_report(*impl_, journal, record);
}

int exit_code(const MigrationReport& report) {
  if (report.state == "interrupted") return exit_code(ErrorKind::kCancelled);
  if (report.error) return exit_code(report.error->kind);
  if (report.state == "refused") return exit_code(ErrorKind::kWouldLoseData);
  if (report.state == "differs") return exit_code(ErrorKind::kMismatch);
  return 0;
}

}  // namespace sluice
