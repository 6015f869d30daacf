#include "report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"

namespace sluice {
namespace {

// Samples of a run: enough for a curve, few enough for a page.
constexpr std::size_t kRateSamplesMax = 120;

double seconds_between(std::int64_t begin_ms, std::int64_t end_ms) {
  return static_cast<double>(std::max<std::int64_t>(end_ms - begin_ms, 0)) / 1000;
}

// Where a run's time goes, by the event that ends each stretch.
std::string step_of(const Event& event) {
  if (std::holds_alternative<BackedUp>(event)) return "back up";
  if (std::holds_alternative<ChunkLanded>(event)) return "copy";
  if (std::holds_alternative<TableCopied>(event)) return "keys and indexes";
  if (std::holds_alternative<TableVerified>(event)) return "verify";
  if (std::holds_alternative<Differs>(event)) return "verify";
  if (std::holds_alternative<Published>(event)) return "publish";
  if (std::holds_alternative<RolledBack>(event)) return "roll back";
  return "";
}

// Adds up stretches with one name that follow each other; the time that nobody worked on the run,
// up to Resumed or RollbackIntended, belongs to none.
std::vector<StepReport> steps_of(const std::vector<StoredEvent>& events) {
  std::vector<StepReport> steps;
  std::int64_t since_ms = events.empty() ? 0 : events.front().at_ms;
  for (const StoredEvent& event : events) {
    const std::string name = step_of(event.event);
    const bool restarts = std::holds_alternative<Resumed>(event.event) ||
                          std::holds_alternative<RollbackIntended>(event.event) ||
                          std::holds_alternative<PublishIntended>(event.event);
    if (name.empty() && !restarts) continue;
    if (!name.empty()) {
      if (steps.empty() || steps.back().name != name) {
        steps.push_back({name, format_rfc3339(since_ms), 0});
      }
      steps.back().seconds += seconds_between(since_ms, event.at_ms);
    }
    since_ms = event.at_ms;
  }
  return steps;
}

// Chunks that landed within one slot of time are one sample.
std::vector<RateSample> rates_of(const std::vector<StoredEvent>& events, std::int64_t started_ms) {
  std::int64_t last_ms = started_ms;
  for (const StoredEvent& event : events) {
    if (std::holds_alternative<ChunkLanded>(event.event)) last_ms = event.at_ms;
  }
  const double slot = seconds_between(started_ms, last_ms) / kRateSamplesMax;
  std::vector<RateSample> samples;
  std::int64_t since_ms = started_ms;
  std::uint64_t rows = 0;
  for (const StoredEvent& event : events) {
    if (std::holds_alternative<Resumed>(event.event)) since_ms = event.at_ms;
    const auto* chunk = std::get_if<ChunkLanded>(&event.event);
    if (chunk == nullptr) continue;
    rows += chunk->rows;
    const double seconds = seconds_between(since_ms, event.at_ms);
    if (seconds <= 0 || (seconds < slot && event.at_ms != last_ms)) continue;
    samples.push_back(
        {seconds_between(started_ms, event.at_ms), static_cast<double>(rows) / seconds});
    since_ms = event.at_ms;
    rows = 0;
  }
  return samples;
}

TableReport table_report(const TableProgress& table) {
  TableReport out;
  out.source = table.plan.source;
  out.target = table.plan.target;
  out.chunks = table.plan.chunks;
  out.chunks_landed = static_cast<int>(table.chunks.size());
  out.bytes = table.bytes();
  out.rows_target = table.rows();
  const std::optional<Comparison>& found = table.verified ? table.verified : table.differs;
  if (found) {
    out.rows_source = found->rows_source;
    out.rows_target = found->rows_target;
    out.digest_source = found->digest_source;
    out.digest_target = found->digest_target;
    out.seconds = found->seconds;
    out.differs = !table.verified;
  }
  if (table.verified) out.verified = found->level;
  for (const PlannedLoss& loss : table.plan.losses) {
    out.losses.push_back({loss.column, loss.reason, loss.accepted});
  }
  return out;
}

// The states of `migrate --json`, where the run has one of them.
std::string state_name(RunState state) {
  return std::string(to_string(state == RunState::kForgotten ? RunState::kPublished : state));
}

// What single events say.
void collect(const StoredEvent& stored, MigrationReport& report) {
  if (const auto* started = std::get_if<Started>(&stored.event)) {
    report.findings = started->findings;
  } else if (const auto* backup = std::get_if<BackedUp>(&stored.event)) {
    report.backup = backup->file;
  } else if (const auto* note = std::get_if<Note>(&stored.event)) {
    report.notes.push_back(note->text);
  } else if (const auto* rejected = std::get_if<Rejected>(&stored.event)) {
    TableReport& table = report.tables.at(static_cast<std::size_t>(rejected->table));
    table.rows_rejected = rejected->rows;
    report.notes.push_back(fmt::format("{} row{} of {} rejected to {}", rejected->rows,
                                       rejected->rows == 1 ? "" : "s", table.source,
                                       rejected->file));
  } else if (const auto* chunk = std::get_if<ChunkLanded>(&stored.event)) {
    report.tables.at(static_cast<std::size_t>(chunk->table)).seconds += chunk->seconds;
  } else if (const auto* restarted = std::get_if<TableStarted>(&stored.event)) {
    TableReport& table = report.tables.at(static_cast<std::size_t>(restarted->table));
    if (!restarted->reason.empty()) {
      report.notes.push_back(table.target + " was copied again: " + restarted->reason);
    }
  } else if (const auto* interrupted = std::get_if<Interrupted>(&stored.event)) {
    report.notes.push_back("interrupted: " + interrupted->reason);
  } else if (const auto* resumed = std::get_if<Resumed>(&stored.event)) {
    report.notes.push_back(resumed->note.empty() ? "resumed" : "resumed: " + resumed->note);
  }
}

// What the comparisons since the last Resumed found.
Error mismatch_of(const std::vector<StoredEvent>& events) {
  std::vector<std::string> messages;
  for (const StoredEvent& event : events) {
    if (std::holds_alternative<Resumed>(event.event)) messages.clear();
    if (const auto* differs = std::get_if<Differs>(&event.event)) {
      messages.push_back(differs->message);
    }
  }
  return Error(ErrorKind::kMismatch, join(messages, "; "))
      .advise("`sluice verify SOURCE TARGET --level rows` shows the differing rows");
}

// A run is not whole as long as rows of it are in a file.
Error rejection_of(const RunProgress& progress, const std::vector<StoredEvent>& events) {
  std::string folder;
  for (const StoredEvent& event : events) {
    const auto* rejected = std::get_if<Rejected>(&event.event);
    if (rejected != nullptr) folder = std::filesystem::path(rejected->file).parent_path().string();
  }
  return Error(ErrorKind::kMismatch,
               fmt::format("{} row{} went to the rejects file instead of the target",
                           progress.rejected(), progress.rejected() == 1 ? "" : "s"))
      .about(folder)
      .advise("the rows are in \"" + folder + "\", until rollback or forget");
}

std::optional<Error> error_of(const RunProgress& progress, RunState shown,
                              const std::vector<StoredEvent>& events) {
  if (progress.error) return progress.error;
  if (shown == RunState::kDiffers) return mismatch_of(events);
  const bool stands = shown == RunState::kVerified || shown == RunState::kPublished;
  if (stands && progress.rejected() > 0) return rejection_of(progress, events);
  if (shown != RunState::kInterrupted) return std::nullopt;
  return Error(ErrorKind::kCancelled, progress.interrupted_reason.empty()
                                          ? "the process that worked on the run has ended"
                                          : progress.interrupted_reason);
}

}  // namespace

std::string next_step(const RunRecord& record) {
  if (record.live) return "";
  switch (record.state) {
    case RunState::kVerified:
      return "sluice publish " + record.run;
    case RunState::kDiffers:
    case RunState::kRollingBack:
      return "sluice rollback " + record.run;
    case RunState::kPublished:
    case RunState::kRolledBack:
    case RunState::kForgotten:
      return "";
    default:
      return "sluice resume " + record.run;
  }
}

MigrationReport report_of(const RunRecord& record, const std::vector<StoredEvent>& events) {
  RunProgress progress;
  for (const StoredEvent& event : events) progress = apply(std::move(progress), event.event);
  MigrationReport report;
  report.run = record.run;
  report.state = state_name(record.shown_state());
  report.forgotten = record.state == RunState::kForgotten;
  report.command = record.command;
  report.source = record.source;
  report.target = record.target;
  report.started_at = format_rfc3339(record.started_ms);
  report.seconds = seconds_between(record.started_ms, record.updated_ms);
  for (const TableProgress& table : progress.tables) report.tables.push_back(table_report(table));
  for (const StoredEvent& event : events) collect(event, report);
  report.steps = steps_of(events);
  report.rates = rates_of(events, record.started_ms);
  report.error = error_of(progress, record.shown_state(), events);
  report.version = SLUICE_VERSION;
  report.next = next_step(record);
  if (progress.rollback_intended && record.state != RunState::kRolledBack) {
    report.next = "sluice rollback " + record.run;
  }
  return report;
}

}  // namespace sluice
