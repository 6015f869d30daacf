// What the commands that tidy up a lake are asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

struct LakeCompactOptions {
  std::string location;
  std::vector<std::string> tables;         // globs; empty: all
  std::uint64_t target_bytes = 0;          // of a file; 0: what the table itself says, else 512 MiB
  std::chrono::milliseconds wait{60'000};  // for other writers of the lake
  bool dry_run = false;
};

struct LakeExpireOptions {
  std::string location;
  // One of the two: snapshots older than that go, or all but the newest N; never the newest.
  std::optional<std::chrono::milliseconds> older_than;
  std::optional<int> keep;
  // A file is deleted when no snapshot needed it for so long, an orphan when nobody touched it.
  std::chrono::milliseconds grace = std::chrono::hours(24);
  std::chrono::milliseconds wait{60'000};  // for other writers of the lake
  bool orphans = false;                    // delete files too that the catalog does not know
  bool dry_run = false;
};

struct LakeFreezeOptions {
  std::string location;
  std::string file;       // the frozen catalog, of DuckDB; must not be there
  std::string data_path;  // where readers find the files, a folder or a URL; "": where they are
};

struct LakeRepairOptions {
  std::string location;
  std::chrono::milliseconds wait{60'000};  // for other writers of the lake
  // Entries of files that are gone go too, and their rows with them; of a deletion file: its rows
  // come back.
  bool drop_missing = false;
  bool dry_run = false;
};

}  // namespace sluice
