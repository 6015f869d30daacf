// Archives in <state>/backups: one file a run, FILE = <RUN>-<the target's file name>, and beside it
// FILE.json:
//
//   {"sluice_backup":1,"run","location","file","bytes","sha256","created_at"}
//
// The archive is made under another name, synced, renamed, and only then described: an archive
// without a description is not one, and create_backup makes it again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "endpoint/endpoint.h"
#include "model/location.h"

namespace sluice {

struct BackupRecord {
  std::string run;
  std::string location;  // Location::display()
  std::string file;      // the whole path
  std::uint64_t bytes = 0;
  std::string sha256;
  std::string created_at;  // RFC 3339
};

// A consistent copy of the whole location. Idempotent: what is there already for the run is
// returned after a check. Requires: `run` is a ULID. Errors: kNotFound where nothing is at the
// location yet, kUnsupported where the system keeps no files, kLimit with both numbers where the
// state folder's device has too little space.
Result<BackupRecord> create_backup(Endpoint& endpoint, const Location& location,
                                   const std::filesystem::path& state_folder,
                                   const std::string& run);

// Oldest run first. No backups yet: empty.
Result<std::vector<BackupRecord>> list_backups(const std::filesystem::path& state_folder);

// Reads the archive again. Errors: kCorrupt where its size or hash is another, kNotFound.
Status verify_backup(const BackupRecord& record);

// Returns: whether there was one.
Result<bool> remove_backup(const std::filesystem::path& state_folder, const std::string& run);

// Of a file of any size, read in pieces.
Result<std::string> sha256_hex_of_file(const std::filesystem::path& path);
// The same of a file that may be elsewhere; `file` is what `files` found.
Result<std::string> sha256_hex_of_file(Files& files, const FoundFile& file);

}  // namespace sluice
