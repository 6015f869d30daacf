#include "format/delta/log_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "base/text.h"

namespace sluice::delta {
namespace {

constexpr std::size_t kVersionDigits = 20;
constexpr std::size_t kPartDigits = 10;
constexpr std::size_t kUuidLength = 36;

// A number of exactly `digits` digits.
std::optional<std::int64_t> number(std::string_view text, std::size_t digits) {
  if (text.size() != digits) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// The parts of a multi-part checkpoint that were found, by (version, number of parts).
using Parts = std::map<std::pair<Version, std::int64_t>, std::map<std::int64_t, std::string>>;

void list_checkpoint(const std::vector<std::string>& words, Version version,
                     const std::string& name, LogListing& out, Parts& parts) {
  const std::string& ending = words.back();
  if (words.size() == 3 && ending == "parquet") {
    out.checkpoints.push_back({version, false, {name}});
  } else if (words.size() == 4 && words[2].size() == kUuidLength &&
             (ending == "parquet" || ending == "json")) {
    out.checkpoints.push_back({version, ending == "json", {name}});
  } else if (words.size() == 5 && ending == "parquet") {
    const auto part = number(words[2], kPartDigits);
    const auto all = number(words[3], kPartDigits);
    if (part && all && *part >= 1 && *part <= *all) parts[{version, *all}][*part] = name;
  }
}

void list_file(const ListedFile& file, LogListing& out, Parts& parts) {
  const std::vector<std::string> words = split(file.name, '.');
  const auto version = number(words.front(), kVersionDigits);
  if (!version || words.size() < 2) return;
  if (words.size() == 2 && words[1] == "json") {
    out.commits.push_back({*version, file});
  } else if (words[1] == "checkpoint") {
    list_checkpoint(words, *version, file.name, out, parts);
  } else if (words.size() == 4 && words[2] == "compacted" && words[3] == "json") {
    const auto last = number(words[1], kVersionDigits);
    if (last && *last > *version) out.compacted.push_back({*version, *last, file.name});
  }
}

// The checkpoint to begin with: the newest one that is not newer than `version`.
const CheckpointFiles* newest_checkpoint(const LogListing& listing, Version version) {
  const CheckpointFiles* found = nullptr;
  for (const CheckpointFiles& checkpoint : listing.checkpoints) {
    if (checkpoint.version <= version) found = &checkpoint;
  }
  return found;
}

// The compaction that begins at `first` and reaches farthest, but not beyond `last`.
const CompactedFile* compaction_at(const LogListing& listing, Version first, Version last) {
  const CompactedFile* found = nullptr;
  for (const CompactedFile& file : listing.compacted) {
    if (file.first == first && file.last <= last) found = &file;
  }
  return found;
}

std::unexpected<Error> gap(const LogListing& listing, Version missing, const std::string& table) {
  const auto next = std::find_if(listing.commits.begin(), listing.commits.end(),
                                 [&](const CommitFile& one) { return one.version > missing; });
  return fail(
      Error(ErrorKind::kCorrupt,
            fmt::format("table \"{}\": the versions of its log are not contiguous: {} is missing, "
                        "before {}",
                        table, commit_name(missing),
                        next == listing.commits.end() ? "the end" : next->file.name))
          .about(table)
          .advise(
              "restore the missing file of _delta_log, or read the version before it with --at"));
}

}  // namespace

std::string commit_name(Version version) { return fmt::format("{:020}.json", version); }

Version LogListing::newest() const {
  const Version commit = commits.empty() ? 0 : commits.back().version;
  return checkpoints.empty() ? commit : std::max(commit, checkpoints.back().version);
}

const CommitFile* LogListing::commit(Version version) const {
  const auto found =
      std::lower_bound(commits.begin(), commits.end(), version,
                       [](const CommitFile& one, Version wanted) { return one.version < wanted; });
  return found == commits.end() || found->version != version ? nullptr : &*found;
}

LogListing list_log(const std::vector<ListedFile>& files) {
  LogListing out;
  Parts parts;
  for (const ListedFile& file : files) list_file(file, out, parts);
  for (const auto& [key, found] : parts) {
    const auto& [version, all] = key;
    if (static_cast<std::int64_t>(found.size()) != all) continue;  // a slow or failed writer
    CheckpointFiles& checkpoint = out.checkpoints.emplace_back();
    checkpoint.version = version;
    for (const auto& [part, name] : found) checkpoint.names.push_back(name);
  }
  std::sort(out.commits.begin(), out.commits.end(),
            [](const auto& a, const auto& b) { return a.version < b.version; });
  std::sort(out.checkpoints.begin(), out.checkpoints.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a.version, b.names.size(), a.names.front()) <
           std::make_tuple(b.version, a.names.size(), b.names.front());
  });
  std::sort(out.compacted.begin(), out.compacted.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.last) < std::tie(b.first, b.last);
  });
  return out;
}

std::optional<Version> earliest_version(const LogListing& listing) {
  if (listing.commit(0) != nullptr) return 0;
  if (listing.checkpoints.empty()) return std::nullopt;
  return listing.checkpoints.front().version;
}

Result<LogPart> choose_log(const LogListing& listing, std::optional<Version> version,
                           const std::string& table) {
  if (listing.is_empty()) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("table \"{}\": its log is empty", table))
                    .about(table)
                    .advise("a Delta table has files such as _delta_log/" + commit_name(0)));
  }
  const Version newest = listing.newest();
  if (version && *version > newest) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("table \"{}\": there is no version {}, the "
                                                        "newest is {}",
                                                        table, *version, newest))
                    .about(table)
                    .advise("`sluice lake snapshots` lists the versions"));
  }
  LogPart out;
  out.version = version.value_or(newest);
  Version next = 0;
  if (const CheckpointFiles* const checkpoint = newest_checkpoint(listing, out.version)) {
    out.checkpoint = *checkpoint;
    next = checkpoint->version + 1;
  } else if (listing.commit(0) == nullptr && compaction_at(listing, 0, out.version) == nullptr) {
    const auto earliest = earliest_version(listing);
    if (!earliest) return gap(listing, 0, table);
    return fail(
        Error(ErrorKind::kNotFound,
              fmt::format("table \"{}\": version {} can no longer be read, the earliest is {}",
                          table, out.version, *earliest))
            .about(table)
            .advise("older files of the log were cleaned up"));
  }
  while (next <= out.version) {
    if (const CompactedFile* const file = compaction_at(listing, next, out.version)) {
      out.files.push_back({file->first, file->last, file->name});
    } else if (const CommitFile* const commit = listing.commit(next)) {
      out.files.push_back({next, next, commit->file.name});
    } else {
      return gap(listing, next, table);
    }
    next = out.files.back().last + 1;
  }
  return out;
}

}  // namespace sluice::delta
