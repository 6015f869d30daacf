#include "format/delta/check_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace sluice::delta {
namespace {

constexpr const char* kCheckpointHint =
    "move the file away where the log still has the commits that it stands for, and let the writer "
    "make another one";

// A logical file: its path and its deletion vector.
using FileKey = std::pair<std::string, std::string>;

template <typename Action>
FileKey key_of(const Action& action) {
  return {action.path, action.deletion_vector ? action.deletion_vector->unique_id() : ""};
}

LakeFinding finding_of(const std::string& kind, const std::string& table, const std::string& file) {
  LakeFinding out;
  out.kind = kind;
  out.table = table;
  out.file = file;
  return out;
}

// NULL, "" and a column that is not named are one value.
std::map<std::string, std::string> values_of(const AddFile& file) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : file.partition_values) {
    if (value && !value->empty()) out[name] = *value;
  }
  return out;
}

class StateComparison {
 public:
  StateComparison(const Snapshot& said, const Snapshot& replayed, std::string kind,
                  std::string file, std::string table)
      : said_(said),
        replayed_(replayed),
        kind_(std::move(kind)),
        file_(std::move(file)),
        table_(std::move(table)) {}

  std::vector<LakeFinding> run() {
    protocol();
    metadata();
    files();
    transactions();
    domains();
    return std::move(out_);
  }

 private:
  void add(const std::string& what, std::string expected, std::string found) {
    LakeFinding& finding = out_.emplace_back(finding_of(kind_, table_, file_));
    finding.expected = std::move(expected);
    finding.found = std::move(found);
    finding.message =
        fmt::format("version {} of {}: {} not what its commits make", said_.version, table_, what);
    finding.hint = kCheckpointHint;
  }

  static std::string protocol_text(const Protocol& protocol) {
    std::string out = fmt::format("{}, {}", protocol.reader_version, protocol.writer_version);
    for (const auto* const list : {&protocol.reader_features, &protocol.writer_features}) {
      if (!*list) continue;
      const std::set<std::string> sorted((*list)->begin(), (*list)->end());
      for (const std::string& feature : sorted) out += " " + feature;
      out += ";";
    }
    return out;
  }

  void protocol() {
    const std::string said = protocol_text(said_.protocol);
    const std::string replayed = protocol_text(replayed_.protocol);
    if (said != replayed) add("its protocol is", said, replayed);
  }

  void metadata() {
    const Metadata& a = said_.metadata;
    const Metadata& b = replayed_.metadata;
    if (a.id != b.id) add("the table's id is", a.id, b.id);
    if (a.schema_string != b.schema_string) add("the schema is", a.schema_string, b.schema_string);
    if (a.partition_columns != b.partition_columns || a.configuration != b.configuration) {
      add("partition or configuration is", fmt::format("{} properties", a.configuration.size()),
          fmt::format("{} properties", b.configuration.size()));
    }
  }

  void files() {
    std::map<FileKey, const AddFile*> said;
    std::map<FileKey, const AddFile*> replayed;
    for (const LiveFile& file : said_.files) said[key_of(file.add)] = &file.add;
    for (const LiveFile& file : replayed_.files) replayed[key_of(file.add)] = &file.add;
    std::size_t lacks = 0;
    std::size_t has_more = 0;
    std::string first;
    for (const auto& [key, file] : replayed) {
      if (said.contains(key)) continue;
      if (lacks++ == 0) first = key.first;
    }
    for (const auto& [key, file] : said) {
      const auto other = replayed.find(key);
      if (other == replayed.end()) {
        if (has_more++ == 0 && first.empty()) first = key.first;
      } else if (file->bytes != other->second->bytes ||
                 values_of(*file) != values_of(*other->second)) {
        add(fmt::format("size or partition of {} is", key.first),
            fmt::format("{} bytes", file->bytes), fmt::format("{} bytes", other->second->bytes));
      }
    }
    if (lacks + has_more == 0) return;
    add(fmt::format("the list of files (it lacks {} and has {} more, the first is {}) is", lacks,
                    has_more, first),
        fmt::format("{} files", said.size()), fmt::format("{} files", replayed.size()));
  }

  // Old ones may have expired.
  void transactions() {
    std::map<std::string, std::int64_t> replayed;
    for (const Txn& txn : replayed_.txns) replayed[txn.app_id] = txn.version;
    for (const Txn& txn : said_.txns) {
      const auto other = replayed.find(txn.app_id);
      if (other != replayed.end() && other->second == txn.version) continue;
      add(fmt::format("the transaction of \"{}\" is", txn.app_id), std::to_string(txn.version),
          other == replayed.end() ? "none" : std::to_string(other->second));
    }
  }

  static std::map<std::string, std::string> domains_of(const Snapshot& snapshot) {
    std::map<std::string, std::string> out;
    for (const DomainMetadata& domain : snapshot.domains) out[domain.domain] = domain.configuration;
    return out;
  }

  void domains() {
    const auto said = domains_of(said_);
    const auto replayed = domains_of(replayed_);
    if (said == replayed) return;
    add("metadata of domains is", fmt::format("{} domains", said.size()),
        fmt::format("{} domains", replayed.size()));
  }

  const Snapshot& said_;
  const Snapshot& replayed_;
  std::string kind_;
  std::string file_;
  std::string table_;
  std::vector<LakeFinding> out_;
};

}  // namespace

std::vector<LakeFinding> check_listing(const LogListing& listing, const std::string& table) {
  std::vector<LakeFinding> out;
  for (std::size_t i = 1; i < listing.commits.size(); ++i) {
    const Version before = listing.commits[i - 1].version;
    const Version after = listing.commits[i].version;
    if (after == before + 1) continue;
    LakeFinding& finding = out.emplace_back(finding_of("missing_commit", table, ""));
    finding.file = commit_name(before + 1);
    finding.expected =
        fmt::format("{} commits between versions {} and {}", after - before - 1, before, after);
    finding.found = "none";
    finding.message = fmt::format("the versions of the log of {} are not contiguous", table);
    finding.hint =
        "restore the files of _delta_log from a backup; later versions can be read where "
        "a checkpoint follows";
  }
  return out;
}

std::vector<LakeFinding> check_commit(const Actions& actions, const std::string& file,
                                      const std::string& table) {
  std::vector<LakeFinding> out;
  const auto tell = [&](const std::string& path, std::string found) {
    LakeFinding& finding = out.emplace_back(finding_of("duplicate_add", table, file));
    finding.expected = "one action for " + path;
    finding.found = std::move(found);
    finding.message =
        fmt::format("a commit of {} says of one file twice what becomes of it", table);
    finding.hint =
        "readers differ in what they make of it: rewrite the file of the log with one "
        "of the two, or compact the table with the program that wrote it";
  };
  std::set<FileKey> added;
  std::map<std::string, std::size_t> paths;
  for (const AddFile& add : actions.adds) {
    if (++paths[add.path] == 2) tell(add.path, "two that add it");
    added.insert(key_of(add));
  }
  for (const RemoveFile& remove : actions.removes) {
    if (added.contains(key_of(remove)))
      tell(remove.path, "one that adds it and one that removes it");
  }
  return out;
}

std::vector<LakeFinding> compare_states(const Snapshot& said, const Snapshot& replayed,
                                        const std::string& kind, const std::string& file,
                                        const std::string& table) {
  return StateComparison(said, replayed, kind, file, table).run();
}

}  // namespace sluice::delta
