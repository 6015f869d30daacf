// What a run knows about itself in a target of files: JSON lines in the run's folder, each appended
// and synced. A line without its end was cut off by a crash and does not count. Elsewhere than on
// this machine nothing can be appended: each line is a file of its own, ledger.jsonl/000000001 and
// so on, which is there as a whole or not at all. Kinds of lines that all endpoints write:
//
//   {"kind": "folder", "path": P}                          the run made this folder
//   {"kind": "old", "table": T, "stamp": S}                what was under the final name, "" for
//                                                          nothing
//   {"kind": "chunk", "table": T, "chunk": N, "rows": N, "digest": HEX, "bytes": N}
//   {"kind": "discard", "table": T}                        earlier chunks of the table do not count
//   {"kind": "published"}, {"kind": "rolling_back"}
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "endpoint/endpoint.h"

namespace sluice {

class FileLedger {
 public:
  static constexpr const char* kName = "ledger.jsonl";

  explicit FileLedger(std::filesystem::path file, Files& files = local_files())
      : file_(std::move(file)), files_(&files) {}

  // One that cannot be asked for is there: nobody shall take it for a run that never began.
  bool exists() const;
  Status load();  // drops a line that was cut off
  // Errors elsewhere: kConflict where another process goes on with the same run.
  Status append(const nlohmann::json& line);

  Landed landed(const std::string& table) const;
  // The lines of the chunks that count, whatever else they tell, by chunk.
  std::map<int, nlohmann::json> chunks(const std::string& table) const;
  // The last line of a kind, where `table` is not "" of that table.
  std::optional<nlohmann::json> last(const std::string& kind, const std::string& table = "") const;
  std::optional<std::string> old_stamp(const std::string& table) const;
  std::vector<std::string> folders() const;
  bool is_published() const;

 private:
  Status load_parts();
  Status append_part(const std::string& text);
  Status append_line(const std::string& text);

  std::filesystem::path file_;
  Files* files_;
  mutable std::mutex mutex_;
  std::vector<nlohmann::json> lines_;
};

// Removes a run's folder, the ledger in it last: as long as it is there the rest can be found
// again.
Status remove_with_ledger(const std::filesystem::path& folder, Files& files = local_files());

}  // namespace sluice
