#include "migrate/migrate.h"

#include <fmt/format.h>

#include <algorithm>

#include "backup/backup.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "journal/certificate.h"
#include "migrate/merge_keys.h"
#include "migrate/rejects.h"
#include "migrate/table_shapes.h"
#include "migrate/verify_staged.h"
#include "transfer/copy_tables.h"

namespace sluice {
namespace {

std::uint64_t rows_of(const Plan& plan) {
  std::uint64_t rows = 0;
  for (const TablePlan& table : plan.tables) rows += table.source.rows.value_or(0);
  return rows;
}

bool may_replace(const Plan& plan) {
  return std::any_of(plan.tables.begin(), plan.tables.end(), [](const TablePlan& table) {
    return table.target.if_exists != IfExists::kFail;
  });
}

// A copy of a database file before anything in it is replaced. Systems that are no files keep the
// replaced tables beside the new ones.
Status back_up(RunContext& context, const Plan& plan) {
  if (!plan.backup || !may_replace(plan)) return {};
  context.ticker->phase("back up", 0);
  Result<BackupRecord> backup =
      create_backup(*context.target, context.target_location, context.state_folder, context.run);
  if (backup) {
    return context.journal->append(context.run,
                                   BackedUp{backup->file, backup->bytes, backup->sha256});
  }
  const ErrorKind kind = backup.error().kind;
  if (kind == ErrorKind::kNotFound) return {};  // nothing there yet
  if (kind == ErrorKind::kUnsupported) {
    return context.journal->append(context.run, Note{backup.error().message});
  }
  return fail(std::move(backup.error()));
}

Status journal_chunk(RunContext& context, std::size_t table, const ChunkRange& range,
                     const ChunkReceipt& receipt, double seconds) {
  context.ticker->bytes().fetch_add(receipt.bytes);
  return context.journal->append(
      context.run, ChunkLanded{static_cast<int>(table), range.index, receipt.digest.rows,
                               receipt.digest.hex(), receipt.bytes, seconds});
}

Status write_certificate_of(RunContext& context) {
  TRY_ASSIGN(const RunRecord record, context.journal->find(context.run));
  TRY_ASSIGN(const std::vector<StoredEvent> events, context.journal->events(context.run));
  TRY_ASSIGN(const Certificate certificate, make_certificate(record, events));
  Result<std::filesystem::path> path = write_certificate(context.state_folder, certificate);
  if (!path) return fail(std::move(path.error()));
  return {};
}

// The publication has happened: where the target cannot be looked at any more the record says less,
// and the run is no less done.
std::vector<TableShape> shapes_in_target(RunContext& context, const Plan& plan) {
  const auto session = context.target->read();
  if (!session) return {};
  const auto inventory = (*session)->inspect();
  if (!inventory) return {};
  return shapes_of(published_tables(*inventory, plan, context.target->capabilities().folds_case));
}

}  // namespace

Status run_plan(RunContext& context, const Plan& plan, ReadSession& source) {
  const TargetPlan target_plan = plan.target_plan();
  bool prepared = false;  // from then on the target has something of the run
  const auto steps = [&]() -> Status {
    TRY_ASSIGN(const std::string fingerprint, source.fingerprint());
    TRY(context.journal->append(context.run, SnapshotTaken{fingerprint}));
    TRY(back_up(context, plan));
    TRY_ASSIGN(const auto target, context.target->write(context.run, target_plan));
    crash_point();
    TRY(prepare_target(context, target_plan, *target));
    prepared = true;
    crash_point();
    TRY(copy_and_finish(context, plan, source, *target, std::vector<Landed>(plan.tables.size())));
    if (!plan.publish) return {};
    return publish_staged(context, plan, *target);
  };
  Status status = steps();
  if (status) return {};
  Error error = with_memory_advice(context, plan, std::move(status.error()));
  error = with_next_steps(context, std::move(error), prepared);
  journal_end(context, error);
  return fail(std::move(error));
}

Status prepare_target(RunContext& context, const TargetPlan& target_plan, WriteSession& target) {
  context.ticker->phase("prepare", 0);
  return target.prepare(target_plan);
}

Status copy_and_finish(RunContext& context, const Plan& plan, ReadSession& source,
                       WriteSession& target, std::vector<Landed> done) {
  context.ticker->phase("copy", rows_of(plan));
  for (const Landed& landed : done) {
    for (const auto& [chunk, digest] : landed) context.ticker->rows().fetch_add(digest.rows);
  }
  CopyInput input;
  input.engine = context.engine;
  input.source = &source;
  input.target = &target;
  input.plan = &plan;
  input.threads = context.threads;
  input.cancel = context.cancel;
  input.rows_done = &context.ticker->rows();
  input.landed = [&](std::size_t table, const ChunkRange& range, const ChunkReceipt& receipt,
                     double seconds) {
    return journal_chunk(context, table, range, receipt, seconds);
  };
  TRY_ASSIGN(const std::vector<Landed> landed, copy_tables(input, std::move(done)));
  TRY_ASSIGN(const RunProgress progress, context.journal->progress(context.run));
  context.ticker->phase("keys and indexes", 0);
  TRY(check_merge_keys(context, plan, target));
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    // A chunk that landed while the journal could not be told: the ledger knows it.
    for (const auto& [chunk, digest] : landed[t]) {
      if (progress.tables.at(t).chunks.contains(chunk)) continue;
      TRY(context.journal->append(
          context.run, ChunkLanded{static_cast<int>(t), chunk, digest.rows, digest.hex(), 0, 0}));
    }
    TRY(target.finish(plan.tables[t].target));
    crash_point();
    if (!progress.tables.at(t).copied) {
      TRY(context.journal->append(context.run, TableCopied{static_cast<int>(t)}));
    }
    if (context.cancel != nullptr) TRY(context.cancel->check());
  }
  TRY(write_rejects(context, plan, source));
  return verify_staged(context, plan, source, target, landed);
}

Status publish_staged(RunContext& context, const Plan& plan, WriteSession& target) {
  context.ticker->phase("publish", 0);
  TRY(context.journal->append(context.run, PublishIntended{}));
  crash_point();
  if (Status published = target.publish(); !published) {
    // A conflict is the target's own no, before its commit.
    if (published.error().kind == ErrorKind::kConflict) return published;
    // The commit may have happened although its answer was lost: only the target knows.
    const Result<PublishState> state = target.publish_state();
    if (!state || *state == PublishState::kUnknown) {
      return fail(Error(ErrorKind::kTransient,
                        "publish has an unknown outcome: " + published.error().message)
                      .advise("`sluice resume " + context.run + "` asks the target"));
    }
    if (*state == PublishState::kNotPublished) return published;
  }
  crash_point();
  TRY_ASSIGN(const std::vector<Digest> digests,
             published_digests(context, plan, DigestsFrom::kKnown));
  Published record;
  for (const Digest& digest : digests) {
    record.digests.push_back(digest.hex());
    record.rows.push_back(digest.rows);
  }
  record.shapes = shapes_in_target(context, plan);
  TRY(context.journal->append(context.run, record));
  crash_point();
  return write_certificate_of(context);
}

Error with_next_steps(const RunContext& context, Error error, bool is_prepared) {
  error.hint = replace_all(error.hint, " RUN`", " " + context.run + "`");
  const bool says = error.hint.find("sluice resume " + context.run) != std::string::npos ||
                    error.hint.find("sluice rollback " + context.run) != std::string::npos;
  if (says || !is_prepared || error.kind == ErrorKind::kMismatch) return error;
  if (!error.hint.empty()) error.hint += "; ";
  if (error.kind != ErrorKind::kCancelled) error.hint += "when the cause is gone ";
  error.hint += fmt::format(
      "`sluice resume {0}` goes on, `sluice rollback {0}` removes what was staged", context.run);
  return error;
}

Error with_memory_advice(const RunContext& context, const Plan& plan, Error error) {
  if (!is_out_of_memory(error)) return error;
  std::uint64_t chunk_rows = 0;
  for (const TablePlan& table : plan.tables) chunk_rows = std::max(chunk_rows, table.chunk_rows);
  error.hint = fmt::format(
      "--memory is {0} and --batch-size {1} rows: `sluice resume {2} --memory SIZE` goes on with "
      "more memory; or `sluice rollback {2}`, then migrate again with fewer rows at once",
      format_bytes(context.memory_bytes), chunk_rows, context.run);
  return error;
}

void journal_end(RunContext& context, const Error& error) {
  Status status;
  switch (error.kind) {
    case ErrorKind::kMismatch:
      return;  // Differs is on record
    case ErrorKind::kCancelled:
    case ErrorKind::kLimit:
    case ErrorKind::kTransient:
      status = context.journal->append(context.run, Interrupted{error.message});
      break;
    default:
      status = context.journal->append(context.run, Failed{error});
  }
  // Where even the journal cannot be written, the next command finds a run whose process is gone.
  static_cast<void>(status);
}

}  // namespace sluice
