#include "endpoint/delta/check_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "format/delta/check_log.h"
#include "format/delta/deletion_vector.h"
#include "format/delta/log_path.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLastCheckpoint = "_last_checkpoint";

bool is_ours(const Error& error) {
  return error.kind == ErrorKind::kCancelled || is_out_of_memory(error);
}

class HistoryCheck {
 public:
  explicit HistoryCheck(const DeltaLog& log) : log_(log), listing_(log.listing()) {}

  Result<CheckedHistory> run() {
    out_.findings = check_listing(listing_, log_.table());
    last_checkpoint();
    for (const CheckpointFiles& checkpoint : listing_.checkpoints) TRY(read(checkpoint));
    for (const CompactedFile& file : listing_.compacted) compacted(file);
    TRY(walk());
    return std::move(out_);
  }

 private:
  // A checkpoint's own state; nothing where it cannot be read.
  struct State {
    Version version = 0;
    std::string name;
    std::optional<Snapshot> snapshot;
  };

  void damaged(const std::string& kind, const std::string& file, const Error& error) {
    LakeFinding& finding = out_.findings.emplace_back();
    finding.kind = kind;
    finding.table = log_.table();
    finding.file = log_.log_path(file).string();
    finding.expected = "a file of the log";
    finding.found = "one that cannot be read";
    finding.message = error.message;
    finding.hint =
        "restore the file from a backup; a checkpoint can be moved away where the log "
        "still has its commits";
  }

  void know(const std::string& uri, const DeletionVectorPtr& vector) {
    if (const auto path = file_path(log_.folder().string(), uri)) {
      out_.known.insert(plain_path(*path));
    }
    if (!vector || vector->storage == 'i') return;
    if (const auto path = vector_file(*vector, log_.folder().string())) {
      out_.known.insert(plain_path(*path));
    }
  }

  void know(const Actions& actions) {
    for (const AddFile& add : actions.adds) know(add.path, add.deletion_vector);
    for (const RemoveFile& remove : actions.removes) know(remove.path, remove.deletion_vector);
  }

  Status read(const CheckpointFiles& checkpoint) {
    Replay replay;
    std::set<std::string> paths;
    std::string twice;
    const Status done = log_.visit_checkpoint(checkpoint, [&](Actions actions) -> Status {
      know(actions);
      for (const AddFile& add : actions.adds) {
        if (!paths.insert(add.path).second) twice = add.path;
      }
      replay.apply(std::move(actions), checkpoint.version);
      return {};
    });
    if (!done && is_ours(done.error())) return done;
    State& state = states_.emplace_back();
    state.version = checkpoint.version;
    state.name = checkpoint.names.front();
    auto snapshot = done ? std::move(replay).take(checkpoint.version, log_.table())
                         : Result<Snapshot>(fail(done.error()));
    if (!snapshot) {
      damaged("damaged_checkpoint", state.name, snapshot.error());
    } else {
      state.snapshot = *std::move(snapshot);
    }
    if (twice.empty()) return {};
    out_.findings.push_back({"duplicate_add", log_.table(), log_.log_path(state.name).string(), "",
                             "one action for " + twice, "two that add it",
                             fmt::format("a checkpoint of {} has a file twice", log_.table()),
                             "some readers read its rows twice: move the checkpoint away where the "
                             "log still has its commits"});
    return {};
  }

  // Files that only a compaction names are known too.
  void compacted(const CompactedFile& file) {
    const auto text = log_.files().read(log_.log_path(file.name).string());
    if (!text) return damaged("damaged_commit", file.name, text.error());
    const auto actions = parse_compacted(PaddedText(*text), file.name);
    if (!actions) return damaged("damaged_commit", file.name, actions.error());
    know(*actions);
  }

  // From the first version on, or from the oldest checkpoint where that is gone: it is believed.
  Status walk() {
    Replay replay;
    Version next = 0;
    if (listing_.commit(0) == nullptr) {
      const auto first = std::find_if(states_.begin(), states_.end(), [](const State& state) {
        return state.snapshot.has_value();
      });
      if (first == states_.end()) return know_commits();
      TRY(log_.visit_checkpoint(*begin_of(first->version), [&](Actions actions) -> Status {
        replay.apply(std::move(actions), first->version);
        return {};
      }));
      next = first->version + 1;
    }
    for (const CommitFile& commit : listing_.commits) {
      auto actions = log_.commit(commit.version);
      if (!actions) {
        if (is_ours(actions.error())) return fail(std::move(actions.error()));
        damaged("damaged_commit", commit.file.name, actions.error());
        is_whole_ = false;
        continue;
      }
      know(*actions);
      add(check_commit(*actions, log_.log_path(commit.file.name).string(), log_.table()));
      is_whole_ = is_whole_ && (commit.version < next || commit.version == next);
      if (commit.version != next || !is_whole_) continue;
      replay.apply(*std::move(actions), next++);
      TRY(compare_at(commit.version, replay));
    }
    return {};
  }

  Status know_commits() {
    for (const CommitFile& commit : listing_.commits) {
      const auto actions = log_.commit(commit.version);
      if (actions) know(*actions);
    }
    return {};
  }

  const CheckpointFiles* begin_of(Version version) const {
    for (const CheckpointFiles& checkpoint : listing_.checkpoints) {
      if (checkpoint.version == version) return &checkpoint;
    }
    return nullptr;
  }

  Status compare_at(Version version, const Replay& replay) {
    const bool is_newest = version == listing_.newest() && !listing_.compacted.empty();
    const bool is_told = std::any_of(states_.begin(), states_.end(), [&](const State& state) {
      return state.version == version && state.snapshot;
    });
    if (!is_told && !is_newest) return {};
    TRY_ASSIGN(const Snapshot replayed, Replay(replay).take(version, log_.table()));
    for (const State& state : states_) {
      if (state.version != version || !state.snapshot) continue;
      add(compare_states(*state.snapshot, replayed, "wrong_checkpoint",
                         log_.log_path(state.name).string(), log_.table()));
    }
    if (!is_newest || !out_.findings.empty()) return {};
    TRY_ASSIGN(const Snapshot read, log_.load(version));
    add(compare_states(read, replayed, "wrong_compaction", "", log_.table()));
    return {};
  }

  // A hint that readers may do without.
  void last_checkpoint() {
    const auto text = log_.files().read(log_.log_path(kLastCheckpoint).string());
    if (!text) return;
    LakeFinding note{
        "last_checkpoint",
        log_.table(),
        log_.log_path(kLastCheckpoint).string(),
        "",
        "",
        "",
        "",
        "readers that believe it fail or list the log for nothing: the next checkpoint "
        "that a writer makes writes it anew"};
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (!json.is_object() || !json.contains("version") || !json["version"].is_number_integer()) {
      note.expected = "the version of a checkpoint";
      note.found = "none";
      note.message = fmt::format("{} of {} cannot be read", kLastCheckpoint, log_.table());
      out_.notes.push_back(std::move(note));
      return;
    }
    const Version version = json["version"].get<Version>();
    if (begin_of(version) != nullptr) return;
    note.expected = fmt::format("checkpoint {}", version);
    note.found = "none";
    note.message = fmt::format("{} of {} names a checkpoint that is not there, or not whole",
                               kLastCheckpoint, log_.table());
    out_.notes.push_back(std::move(note));
  }

  void add(std::vector<LakeFinding> findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(out_.findings));
  }

  const DeltaLog& log_;
  const LogListing& listing_;
  std::vector<State> states_;
  bool is_whole_ = true;  // so far: no commit was missing or damaged
  CheckedHistory out_;
};

}  // namespace

Result<CheckedHistory> check_history(const DeltaLog& log) { return HistoryCheck(log).run(); }

std::string plain_path(const std::string& path) { return whole_path(path); }

}  // namespace sluice::delta
