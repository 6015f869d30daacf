#include "delta_catalog/log_range.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice {
namespace {

// The earliest version from which on there are all commits up to the newest.
delta::Version contiguous_from(const delta::LogListing& listing) {
  delta::Version first = listing.newest() + 1;
  while (listing.commit(first - 1) != nullptr) --first;
  return first;
}

}  // namespace

Result<LogRange> whole_log(const delta::LogListing& listing, const std::string& table) {
  if (listing.is_empty()) {
    return fail(
        Error(
            ErrorKind::kNotFound,
            fmt::format("table \"{}\": no checkpoint or JSON files found in its _delta_log", table))
            .about(table)
            .code("no_log_files")
            .advise("check the path of the table, and that _delta_log has files such as " +
                    delta::commit_name(0)));
  }
  TRY(delta::choose_log(listing, std::nullopt, table));
  LogRange out;
  out.last = listing.newest();
  out.first = contiguous_from(listing);
  if (out.first == 0) return out;
  const auto found =
      std::find_if(listing.checkpoints.begin(), listing.checkpoints.end(),
                   [&](const delta::CheckpointFiles& one) { return one.version >= out.first - 1; });
  if (found == listing.checkpoints.end()) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("table \"{}\": the commits before version {} are only there as a "
                                  "compaction, and no checkpoint stands for them",
                                  table, out.first))
                    .about(table)
                    .advise("let the program that writes the table make a checkpoint"));
  }
  out.checkpoint = *found;
  out.first = found->version + 1;
  return out;
}

Result<LogRange> log_after(const delta::LogListing& listing, delta::Version version,
                           const std::string& table) {
  TRY_ASSIGN(const LogRange all, whole_log(listing, table));
  if (all.last < version) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": its log ends at version {}, the catalog has "
                                  "version {}: it was replaced or restored",
                                  table, all.last, version))
                    .about(table)
                    .code("log_replaced")
                    .advise("`sluice catalog drop` what the catalog has of it, then import it"));
  }
  LogRange out;
  out.first = version + 1;
  out.last = all.last;
  if (out.first >= all.first || out.last == version) return out;
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("table \"{}\": the commits {} to {} were cleaned up before they "
                                "were imported",
                                table, out.first, all.first - 1))
                  .about(table)
                  .code("log_cleaned")
                  .advise("`sluice catalog drop` what the catalog has of it, then import it"));
}

}  // namespace sluice
