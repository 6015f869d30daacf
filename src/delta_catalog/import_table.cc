#include "delta_catalog/import_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/files.h"
#include "delta_catalog/import_session.h"
#include "delta_catalog/log_range.h"
#include "delta_catalog/remedies.h"
#include "format/delta/commit_times.h"
#include "format/delta/protocol.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_commit_stream.h"
#include "lake_catalog/delta_log.h"
#include "lake_catalog/delta_mirror.h"

namespace sluice {
namespace {

constexpr std::size_t kBatchCommits = 1000;

// Of a version the newest is kept of what is said of one thing.
template <typename T, typename Key>
void keep_newest(std::vector<T> more, std::vector<T>& all, const Key& key) {
  for (T& one : more) {
    const auto same =
        std::find_if(all.begin(), all.end(), [&](const T& t) { return key(t) == key(one); });
    same == all.end() ? all.push_back(std::move(one)) : void(*same = std::move(one));
  }
}

class TableImport {
 public:
  TableImport(DeltaCatalog* catalog, const CatalogImport& wanted, Engine& engine,
              CatalogImportFacts& facts)
      : catalog_(catalog),
        wanted_(wanted),
        engine_(engine),
        facts_(facts),
        session_(catalog, wanted, facts) {}

  Status run() {
    const Status done = import_all();
    if (!done) session_.fail_with(done.error());
    return done;
  }

 private:
  Status import_all() {
    if (catalog_ != nullptr && !wanted_.dry_run) TRY(mirror());
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(wanted_.folder, wanted_.table_id, engine_));
    TRY(session_.look());
    const DeltaTableRecord& record = session_.record();
    TRY_ASSIGN(const LogRange range,
               record.version ? log_after(log.listing(), *record.version, wanted_.table_id)
                              : whole_log(log.listing(), wanted_.table_id));
    if (record.version) TRY(check_same_log(log, record));
    if (record.version && !record.pending_version && range.is_empty()) {
      facts_.state = "unchanged";
      facts_.version = record.version;
      return {};
    }
    TRY(load_known());
    last_ = range.last;
    TRY(session_.claim(wanted_.resume));
    resumes_ = record.pending_version.has_value();
    if (range.is_empty()) {  // the version that was begun is no longer in the log
      TRY(session_.claim(false));
      TRY(flush(true));
    }
    if (range.checkpoint) TRY(import_checkpoint(log, *range.checkpoint));
    for (delta::Version version = range.first; version <= range.last; ++version) {
      TRY(import_commit(log, version));
    }
    facts_.state = wanted_.dry_run ? "dry_run" : "imported";
    return {};
  }

  // A commit that the log lacks is put there first, or withdrawn where somebody else was first.
  Status mirror() {
    TRY_ASSIGN(auto facts, mirror_catalog(*catalog_, wanted_.table_id, engine_));
    for (CatalogMirrorFacts& one : facts) {
      if (one.state == "failed") return fail(std::move(*one.error));
    }
    return {};
  }

  // What the catalog says of the newest version that it has: the next ones build upon it.
  Status load_known() {
    const DeltaTableRecord& record = session_.record();
    if (!record.version) return {};
    TRY(catalog_->database().begin_read());
    const auto head = load_catalog_head(*catalog_, record, *record.version);
    const auto time = catalog_->count(fmt::format("SELECT max(committed_at) FROM {} WHERE {}",
                                                  catalog_->database().table("delta_commits"),
                                                  DeltaCatalog::of_table(record.table_id)));
    catalog_->database().end();
    if (!head) return fail(head.error());
    if (!time) return fail(time.error());
    protocol_ = head->protocol;
    metadata_ = head->metadata;
    time_ms_ = static_cast<std::int64_t>(*time);
    return {};
  }

  // Files of the version that landed before are passed over.
  Status begin_version(delta::Version version, std::string source) {
    version_ = version;
    source_ = std::move(source);
    rest_ = {};
    landed_ = skip_ = 0;
    adds_ = removes_ = 0;
    const DeltaTableRecord& record = session_.record();
    if (!resumes_) return {};
    resumes_ = false;
    if (record.pending_version == version && record.pending_source == source_) {
      skip_ = record.pending_files;
      return {};
    }
    return session_.claim(false);
  }

  bool is_landed() {
    ++landed_;
    return landed_ <= skip_;
  }

  Status count_file() {
    ++facts_.files;
    if (wanted_.files_done != nullptr) ++*wanted_.files_done;
    if (session_.batch().files() < wanted_.batch_files) return {};
    session_.set_pending(version_, source_, landed_);
    return flush(false);
  }

  Status flush(bool is_last) {
    if (wanted_.cancel != nullptr) TRY(wanted_.cancel->check());
    return session_.flush(is_last);
  }

  Status take(delta::Actions actions) {
    removes_ += actions.removes.size();
    adds_ += actions.adds.size();
    for (const delta::RemoveFile& file : actions.removes) {
      if (is_landed()) continue;
      session_.batch().remove(file, version_);
      TRY(count_file());
    }
    for (delta::AddFile& file : actions.adds) {
      if (is_landed()) continue;
      session_.batch().add(std::move(file), version_);
      TRY(count_file());
    }
    if (actions.protocol) rest_.protocol = std::move(actions.protocol);
    if (actions.metadata) rest_.metadata = std::move(actions.metadata);
    if (actions.commit_info) rest_.commit_info = std::move(actions.commit_info);
    keep_newest(std::move(actions.txns), rest_.txns, [](const auto& t) { return t.app_id; });
    keep_newest(std::move(actions.domains), rest_.domains, [](const auto& d) { return d.domain; });
    return {};
  }

  // A table that this release cannot read is not taken into the catalog either.
  Status check_readable() {
    if (!rest_.protocol && !rest_.metadata) return {};
    if (rest_.protocol) protocol_ = *rest_.protocol;
    if (rest_.metadata) metadata_ = *rest_.metadata;
    if (protocol_ && metadata_) {
      return delta::check_can_read(*protocol_, *metadata_, wanted_.table_id);
    }
    return fail(Error(ErrorKind::kCorrupt,
                      fmt::format("table \"{}\": its log has no {} action up to version {}",
                                  wanted_.table_id, protocol_ ? "metaData" : "protocol", version_))
                    .about(wanted_.table_id)
                    .advise("the first version of a table has both; the log is damaged"));
  }

  // Milliseconds; later than the version before.
  Result<std::int64_t> time_of(const CommitStream& commit) {
    const auto since = metadata_ ? delta::in_commit_since(*metadata_) : std::nullopt;
    delta::CommitTime one{version_, commit.modified_ms, std::nullopt};
    if (rest_.commit_info) one.in_commit_ms = rest_.commit_info->in_commit_timestamp_ms;
    TRY_ASSIGN(const auto times, delta::times_of({one}, since, wanted_.table_id));
    return time_ms_ ? std::max(times.front(), *time_ms_ + 1) : times.front();
  }

  Status end_version(const CommitStream& commit, bool is_checkpoint) {
    TRY(check_readable());
    TRY_ASSIGN(time_ms_,
               is_checkpoint ? Result<std::int64_t>(commit.modified_ms) : time_of(commit));
    DeltaCommitRecord record;
    record.version = version_;
    record.is_checkpoint = is_checkpoint;
    record.committed_ms = time_ms_.value_or(0);
    record.modified_ms = commit.modified_ms;
    record.info = rest_.commit_info;
    record.adds = adds_;
    record.removes = removes_;
    record.digest = commit.digest;
    session_.batch().complete(record, rest_);
    session_.set_complete(version_, commit.digest, metadata_ ? metadata_->id : "");
    ++facts_.commits;
    const bool is_last = version_ == last_;
    const bool is_full = session_.batch().commits() >= kBatchCommits ||
                         session_.batch().files() >= wanted_.batch_files;
    return is_last || is_full ? flush(is_last) : Status();
  }

  Status import_checkpoint(const DeltaLog& log, const delta::CheckpointFiles& checkpoint) {
    CommitStream facts;
    const std::string name = checkpoint.names.front();
    if (log.listing().commit(checkpoint.version) != nullptr) {
      TRY_ASSIGN(facts, digest_commit(log, *log.listing().commit(checkpoint.version)));
    } else {
      TRY_ASSIGN(const auto found, log.files().find(log.log_path(name).native()));
      facts.modified_ms = found ? found->modified_ms : 0;
    }
    TRY(begin_version(checkpoint.version, name));
    TRY(log.visit_checkpoint(checkpoint,
                             [&](delta::Actions actions) { return take(std::move(actions)); }));
    return end_version(facts, true);
  }

  Status import_commit(const DeltaLog& log, delta::Version version) {
    const delta::CommitFile* const commit = log.listing().commit(version);
    const std::string& name = commit->file.name;
    TRY(begin_version(version, fmt::format("{}:{}", name, commit->file.bytes)));
    TRY_ASSIGN(const CommitStream facts, stream_commit(log, *commit, [&](delta::Actions actions) {
                 return take(std::move(actions));
               }));
    return end_version(facts, false);
  }

  DeltaCatalog* catalog_;
  const CatalogImport& wanted_;
  Engine& engine_;
  CatalogImportFacts& facts_;
  ImportSession session_;

  std::optional<delta::Protocol> protocol_;
  std::optional<delta::Metadata> metadata_;
  std::optional<std::int64_t> time_ms_;  // of the version before
  delta::Version last_ = 0;
  bool resumes_ = false;

  // Of the version that is being read.
  delta::Version version_ = 0;
  std::string source_;
  delta::Actions rest_;
  std::uint64_t landed_ = 0;
  std::uint64_t skip_ = 0;
  std::uint64_t adds_ = 0;
  std::uint64_t removes_ = 0;
};

}  // namespace

Status check_same_log(const DeltaLog& log, const DeltaTableRecord& record) {
  const auto replaced = [&](const std::string& what) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": {}: its log is not the one that was imported",
                                  record.table_id, what))
                    .about(record.table_id)
                    .code("log_replaced")
                    .advise("`sluice catalog drop` what the catalog has of it, then import it"));
  };
  const delta::Version version = record.version.value_or(0);
  if (log.listing().commit(version) != nullptr && !record.commit_digest.empty()) {
    TRY_ASSIGN(const CommitStream now, digest_commit(log, *log.listing().commit(version)));
    if (now.digest == record.commit_digest) return {};
    return replaced(fmt::format("version {} has another content than in the catalog", version));
  }
  TRY_ASSIGN(const delta::Snapshot newest, log.load(log.listing().newest()));
  if (newest.metadata.id == record.metadata_id) return {};
  return replaced(fmt::format("its metadata id is {}, in the catalog {}", newest.metadata.id,
                              record.metadata_id));
}

CatalogImportFacts import_table(DeltaCatalog* catalog, const CatalogImport& wanted,
                                Engine& engine) {
  const Stopwatch watch;
  CatalogImportFacts facts;
  facts.table_id = wanted.table_id;
  facts.location = wanted.folder.string();
  const Status done = TableImport(catalog, wanted, engine, facts).run();
  if (!done) {
    facts.state = done.error().kind == ErrorKind::kCancelled ? "interrupted" : "failed";
    facts.error = with_remedy(done.error());
  }
  facts.seconds = watch.seconds();
  return facts;
}

}  // namespace sluice
