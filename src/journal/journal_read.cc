#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "journal/journal_impl.h"
#include "journal/process_identity.h"

namespace sluice {
namespace journal {

Error run_not_found(const std::string& run) {
  return Error(ErrorKind::kNotFound, fmt::format("no run \"{}\" in the journal", run))
      .about(run)
      .advise("see `sluice runs`");
}

Error run_damaged(const std::string& run, std::string_view what) {
  return Error(ErrorKind::kCorrupt, fmt::format("journal of run {}: {}", run, what))
      .about(run)
      .advise("the run's history was changed outside sluice: compare with `sluice verify`");
}

}  // namespace journal

namespace {

using journal::ProcessIdentity;
using journal::run_damaged;
using journal::run_not_found;
using journal::Statement;

constexpr const char* kRecordColumns =
    "r.run, r.state, r.command, r.source, r.target, r.source_ref, r.target_ref, r.started_ms, "
    "r.updated_ms, r.error_json, r.pid, r.rows, l.pid, l.start_ticks, l.boot";
constexpr const char* kRecordTables = "run r LEFT JOIN run_lock l ON l.run = r.run";

Result<RunRecord> read_record(const Statement& row) {
  RunRecord record;
  record.run = row.text(0);
  const auto state = parse_run_state(row.text(1));
  if (!state)
    return fail(run_damaged(record.run, fmt::format("unknown state \"{}\"", row.text(1))));
  record.state = *state;
  record.command = row.text(2);
  record.source = row.text(3);
  record.target = row.text(4);
  record.source_ref = row.text(5);
  record.target_ref = row.text(6);
  record.started_ms = row.integer(7);
  record.updated_ms = row.integer(8);
  if (!row.is_null(9)) {
    TRY_ASSIGN(record.error, decode_error(row.text(9)));
  }
  record.pid = static_cast<int>(row.integer(10));
  record.rows = static_cast<std::uint64_t>(row.integer(11));
  if (!row.is_null(12)) {
    const ProcessIdentity owner{static_cast<int>(row.integer(12)), row.integer(13), row.text(14)};
    record.live = journal::is_alive(owner);
  }
  return record;
}

}  // namespace

Result<RunRecord> Journal::Impl::load(const std::string& run) {
  if (!database) return fail(run_not_found(run));
  TRY_ASSIGN(Statement row,
             database->prepare(fmt::format("SELECT {}, d.plan_json, d.options_json FROM {} "
                                           "JOIN run_document d ON d.run = r.run WHERE r.run = ?1",
                                           kRecordColumns, kRecordTables)));
  TRY_ASSIGN(const bool found, row.bind(run).step());
  if (!found) return fail(run_not_found(run));
  TRY_ASSIGN(RunRecord record, read_record(row));
  record.plan_json = row.text(15);
  record.options_json = row.text(16);
  return record;
}

Result<std::vector<StoredEvent>> Journal::Impl::load_events(const std::string& run,
                                                            std::int64_t behind_seq,
                                                            const std::string& behind_hash) {
  TRY_ASSIGN(Statement row,
             database->prepare("SELECT seq, at_ms, kind, payload, previous_hash, hash FROM event "
                               "WHERE run = ?1 AND seq > ?2 ORDER BY seq"));
  row.bind(run, behind_seq);
  std::vector<StoredEvent> events;
  std::int64_t seq = behind_seq;
  std::string previous = behind_hash;
  while (true) {
    TRY_ASSIGN(const bool found, row.step());
    if (!found) break;
    StoredEvent event{row.integer(0), row.integer(1), row.text(2), row.text(3),
                      row.text(4),    row.text(5),    Note{}};
    if (event.seq != ++seq) {
      return fail(run_damaged(run, fmt::format("event {} is missing", seq)));
    }
    if (event.previous_hash != previous || event.hash != event_hash(event)) {
      return fail(run_damaged(run, fmt::format("the hash of event {} does not fit", seq)));
    }
    previous = event.hash;
    TRY_ASSIGN(event.event, decode_event(event.kind, event.payload));
    events.push_back(std::move(event));
  }
  TRY_ASSIGN(Statement last,
             database->prepare("SELECT last_seq, last_hash FROM run WHERE run = ?1"));
  TRY_ASSIGN(const bool known, last.bind(run).step());
  if (!known) return fail(run_not_found(run));
  if (last.integer(0) != seq || last.text(1) != previous) {
    return fail(run_damaged(
        run, fmt::format("it ends at event {}, the run's record says {}", seq, last.integer(0))));
  }
  return events;
}

Result<Journal::Impl::Replayed*> Journal::Impl::replay(const std::string& run) {
  auto at = replayed.find(run);
  if (at == replayed.end()) {
    TRY_ASSIGN(const RunRecord record, load(run));
    at = replayed.emplace(run, Replayed{{}, 0, record_hash(record)}).first;
  }
  Replayed& known = at->second;
  TRY_ASSIGN(const std::vector<StoredEvent> events, load_events(run, known.seq, known.hash));
  for (const StoredEvent& event : events) {
    if (const Status allowed = can_apply(known.progress, event.event); !allowed) {
      return fail(run_damaged(
          run, fmt::format("event {} cannot follow: {}", event.seq, allowed.error().message)));
    }
    known.progress = apply(std::move(known.progress), event.event);
    known.seq = event.seq;
    known.hash = event.hash;
  }
  return &known;
}

Result<std::vector<RunRecord>> Journal::runs() {
  const std::lock_guard guard(impl_->mutex);
  std::vector<RunRecord> records;
  if (!impl_->database) return records;
  TRY_ASSIGN(Statement row,
             impl_->database->prepare(fmt::format("SELECT {} FROM {} ORDER BY r.started_ms DESC, "
                                                  "r.run DESC",
                                                  kRecordColumns, kRecordTables)));
  while (true) {
    TRY_ASSIGN(const bool found, row.step());
    if (!found) return records;
    TRY_ASSIGN(RunRecord record, read_record(row));
    records.push_back(std::move(record));
  }
}

Result<RunRecord> Journal::find(const std::string& name) {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->database || name.empty()) return fail(run_not_found(name));
  const bool last = name == "last";
  TRY_ASSIGN(Statement row,
             impl_->database->prepare(
                 last ? "SELECT run FROM run ORDER BY started_ms DESC, run DESC LIMIT 1"
                      : "SELECT run FROM run WHERE substr(run, 1, length(?1)) = upper(?1) "
                        "ORDER BY run DESC LIMIT 10"));
  if (!last) row.bind(name);
  std::vector<std::string> found;
  while (true) {
    TRY_ASSIGN(const bool another, row.step());
    if (!another) break;
    found.push_back(row.text(0));
  }
  if (found.empty()) {
    if (last) return fail(Error(ErrorKind::kNotFound, "the journal has no runs"));
    return fail(run_not_found(name));
  }
  if (found.size() > 1) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("\"{}\" begins several runs: {}", name, join(found, ", ")))
                    .about(name)
                    .advise("give more of its letters, see `sluice runs`"));
  }
  return impl_->load(found.front());
}

Result<std::vector<StoredEvent>> Journal::events(const std::string& run) {
  const std::lock_guard guard(impl_->mutex);
  TRY_ASSIGN(const RunRecord record, impl_->load(run));
  TRY(impl_->database->execute("BEGIN"));
  auto events = impl_->load_events(run, 0, record_hash(record));
  TRY(impl_->database->execute("COMMIT"));
  return events;
}

Result<RunProgress> Journal::progress(const std::string& run) {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->database) return fail(run_not_found(run));
  TRY(impl_->database->execute("BEGIN"));
  const auto known = impl_->replay(run);
  TRY(impl_->database->execute("COMMIT"));
  if (!known) return fail(known.error());
  return (*known)->progress;
}

Status Journal::check_chain(const std::string& run) {
  const std::lock_guard guard(impl_->mutex);
  impl_->replayed.erase(run);  // from the first event on
  TRY_ASSIGN(const RunProgress replayed, progress(run));
  TRY_ASSIGN(const RunRecord record, impl_->load(run));
  if (record.state == replayed.state) return {};
  return fail(run_damaged(run, fmt::format("its record says {}, its events {}",
                                           to_string(record.state), to_string(replayed.state))));
}

}  // namespace sluice
