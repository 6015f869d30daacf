#include "journal/journal.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "journal/journal_impl.h"
#include "journal/sql_embedded.h"

namespace sluice {
namespace {

using journal::Database;
using journal::run_not_found;
using journal::Statement;
using journal::Transaction;

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::int64_t kApplicationId = 0x736C756A;  // "sluj"
constexpr int kBusyTimeoutMs = 10'000;
constexpr const char* kCountObjects = "SELECT count(*) FROM sqlite_schema";

}  // namespace

RunState RunRecord::shown_state() const {
  return is_in_flight(state) && !live ? RunState::kInterrupted : state;
}

std::string record_hash(const RunRecord& record) {
  const nlohmann::json fields = {record.run,       record.command,      record.source,
                                 record.target,    record.source_ref,   record.target_ref,
                                 record.plan_json, record.options_json, record.started_ms};
  return sha256_hex(fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string event_hash(const StoredEvent& event) {
  return sha256_hex(fmt::format("{}\n{}\n{}\n{}\n{}", event.previous_hash, event.seq, event.at_ms,
                                event.kind, event.payload));
}

Status Journal::Impl::prepare_schema(const std::string& path) {
  TRY_ASSIGN(const std::int64_t objects, database->integer(kCountObjects));
  if (objects == 0) TRY(database->use_wal());
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*database));
  TRY_ASSIGN(const std::int64_t version, database->integer("PRAGMA user_version"));
  if (version != 0) return {};
  TRY_ASSIGN(const std::int64_t tables, database->integer(kCountObjects));
  if (tables != 0) {
    return fail(ErrorKind::kCorrupt, fmt::format("\"{}\" is not a journal of sluice", path));
  }
  TRY(database->execute(std::string(sql::kSchema)));
  TRY(database->execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                    kApplicationId, kSchemaVersion)));
  return transaction.commit();
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Result<Journal> Journal::open(const std::filesystem::path& state_folder, bool create) {
  auto impl = std::make_unique<Impl>();
  const std::filesystem::path path = state_folder / "journal.db";
  if (create) TRY(make_folders(state_folder));
  std::error_code code;
  if (!create && !std::filesystem::exists(path, code)) return Journal(std::move(impl));
  TRY_ASSIGN(impl->database, Database::open(path, create, kBusyTimeoutMs));
  TRY_ASSIGN(std::int64_t version, impl->database->integer("PRAGMA user_version"));
  if (version == 0 && create) {
    TRY(impl->prepare_schema(path.string()));
    TRY_ASSIGN(version, impl->database->integer("PRAGMA user_version"));
  }
  if (version == 0) {  // its maker died before the first commit
    impl->database.reset();
    return Journal(std::move(impl));
  }
  TRY_ASSIGN(const std::int64_t application, impl->database->integer("PRAGMA application_id"));
  if (application != kApplicationId) {
    return fail(ErrorKind::kCorrupt,
                fmt::format("\"{}\" is not a journal of sluice", path.string()));
  }
  if (version != kSchemaVersion) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("journal \"{}\" has version {}, this sluice reads {}",
                                  path.string(), version, kSchemaVersion))
                    .about(path.string())
                    .advise("use the newer sluice, or another state folder with --state"));
  }
  return Journal(std::move(impl));
}

Status Journal::begin(const RunRecord& given) {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->database) return fail(ErrorKind::kInternal, "the journal was opened for reading");
  RunRecord record = given;
  if (record.started_ms == 0) record.started_ms = now_unix_ms();
  if (record.updated_ms == 0) record.updated_ms = record.started_ms;
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*impl_->database));
  TRY_ASSIGN(Statement insert,
             impl_->database->prepare("INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
                                      "NULL, 0, 0, 0, ?10)"));
  if (const Status inserted =
          insert
              .bind(record.run, to_string(RunState::kPlanned), record.command, record.source,
                    record.target, record.source_ref, record.target_ref, record.started_ms,
                    record.updated_ms, record_hash(record))
              .run();
      !inserted) {
    if (inserted.error().kind != ErrorKind::kExists) return inserted;
    return fail(
        Error(ErrorKind::kExists, fmt::format("run {} is in the journal already", record.run))
            .about(record.run));
  }
  TRY_ASSIGN(Statement document,
             impl_->database->prepare("INSERT INTO run_document VALUES (?1, ?2, ?3)"));
  TRY(document.bind(record.run, record.plan_json, record.options_json).run());
  TRY(impl_->take_lock(record.run));
  return transaction.commit();
}

Status Journal::append(const std::string& run, const Event& event, std::int64_t at_ms) {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->database) return fail(run_not_found(run));
  TRY_ASSIGN(Transaction transaction, Transaction::begin(*impl_->database));
  Status appended = impl_->append(run, event, at_ms);
  if (appended) appended = transaction.commit();
  if (!appended) impl_->replayed.erase(run);  // what is known may be ahead of the file
  return appended;
}

Status Journal::Impl::append(const std::string& run, const Event& event, std::int64_t at_ms) {
  TRY_ASSIGN(Replayed* const known, replay(run));
  if (Status allowed = can_apply(known->progress, event); !allowed) {
    if (allowed.error().object.empty()) allowed.error().object = run;
    allowed.error().hint = replace_all(allowed.error().hint, " RUN`", " " + run + "`");
    return allowed;
  }
  StoredEvent stored{
      known->seq + 1, at_ms, std::string(event_kind(event)), encode_event(event), known->hash, "",
      event};
  stored.hash = event_hash(stored);
  TRY_ASSIGN(Statement insert,
             database->prepare("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  TRY(insert
          .bind(run, stored.seq, stored.at_ms, stored.kind, stored.payload, stored.previous_hash,
                stored.hash)
          .run());
  known->progress = apply(std::move(known->progress), event);
  known->seq = stored.seq;
  known->hash = stored.hash;
  const std::optional<Error>& error = known->progress.error;
  TRY_ASSIGN(
      Statement update,
      database->prepare("UPDATE run SET state = ?2, updated_ms = ?3, last_seq = ?4, "
                        "last_hash = ?5, error_json = nullif(?6, ''), rows = ?7 WHERE run = ?1"));
  return update
      .bind(run, to_string(known->progress.state), at_ms, stored.seq, stored.hash,
            error ? encode_error(*error) : "", static_cast<std::int64_t>(known->progress.rows()))
      .run();
}

}  // namespace sluice
