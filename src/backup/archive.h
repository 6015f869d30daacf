// Archives that `sluice backup` makes: a folder each, below one folder for all of them.
//
//   FOLDER/<ID>/manifest.json      what it is, and the SHA-256 of every other file
//   FOLDER/<ID>/catalog.sqlite     of a lake: its catalog (lake_copy.h)
//   FOLDER/<ID>/data/...           of a lake: the files of all snapshots that it keeps
//   FOLDER/<ID>/database           of a database file: its copy
//   FOLDER/<ID>/database.dump, tables.sql, ...   of a server: its dump (dump_server.h)
//   FOLDER/<ID>.tar.zst, .tar.gz   the same as one file (packed_archive.h)
//   FOLDER/.<ID>.unfinished/       the same while it is made, or removed; held by a lock
//
// An archive gets its name by one rename, after all of it is on the disk: what has a name is whole.
// The manifest carries the SHA-256 of itself without that field.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace sluice {

struct ArchivedFile {
  std::string path;  // below the archive
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct ArchivedContent {
  std::string table;
  std::uint64_t rows = 0;
  std::string digest;
};

// What a dump of a server does not hold: its encoding, owner, settings and the like by name.
using ArchivedTraits = std::map<std::string, std::string>;

struct ArchiveManifest {
  std::string id;
  std::string location;  // Location::display()
  std::string kind;      // ducklake, duckdb, sqlite, postgres, mysql
  std::string catalog;   // of a lake
  std::string created_at;
  std::optional<std::int64_t> snapshot;  // of a lake
  std::string data_path;                 // of a lake, where its files were
  ArchivedTraits traits;                 // of a server
  bool drilled = false;
  std::vector<ArchivedContent> tables;
  std::vector<ArchivedFile> files;

  std::uint64_t bytes() const;
};

inline constexpr const char* kArchiveCatalog = "catalog.sqlite";
inline constexpr const char* kArchiveData = "data";
inline constexpr const char* kArchiveDatabase = "database";

// An archive that is being made. Leaving the scope discards it.
class ArchiveDraft {
 public:
  static Result<ArchiveDraft> begin(const std::filesystem::path& folder, const std::string& id);
  ArchiveDraft(ArchiveDraft&& other) noexcept;
  ArchiveDraft(const ArchiveDraft&) = delete;
  ArchiveDraft& operator=(const ArchiveDraft&) = delete;
  ArchiveDraft& operator=(ArchiveDraft&&) = delete;
  ~ArchiveDraft();

  const std::filesystem::path& path() const { return path_; }
  // Copies a file to `name` below the archive. `files`: those of the source. Errors: kNotFound
  // where it is gone; kLimit where the disk is full.
  Result<ArchivedFile> copy(const std::string& source, const std::string& name, Files& files) const;
  // A file that was made there by others.
  Result<ArchivedFile> take(const std::string& name) const;
  // Writes the manifest and gives the archive its name.
  [[nodiscard]] Status commit(const ArchiveManifest& manifest);
  // The same as one file: "tar.zst" or "tar.gz".
  [[nodiscard]] Status commit_packed(const ArchiveManifest& manifest, const std::string& format);

 private:
  ArchiveDraft(std::filesystem::path folder, std::string id, int lock);

  std::filesystem::path folder_;
  std::string id_;
  std::filesystem::path path_;
  int lock_ = -1;
};

inline constexpr const char* kArchiveFolder = "dir";

struct FoundArchive {
  std::filesystem::path path;
  ArchiveManifest manifest;  // with its id alone where the manifest cannot be read
  std::optional<Error> problem;
  std::string format = kArchiveFolder;  // or tar.zst, tar.gz
};

// The oldest first. A folder that is not there has none.
Result<std::vector<FoundArchive>> list_archives(const std::filesystem::path& folder);
// By its id, the beginning of one, or "last". Errors: kNotFound, kInvalid for an ambiguous one.
Result<FoundArchive> find_archive(const std::filesystem::path& folder, const std::string& id);

struct BrokenFile {
  std::string kind;  // missing_file, damaged_file, unexpected_file
  std::string file;
  std::string message;
};

// Reads every byte. Requires: the manifest could be read.
Result<std::vector<BrokenFile>> check_archive(const FoundArchive& archive);

// Where it stays without a name until all of it is gone.
Status remove_archive(const std::filesystem::path& folder, const FoundArchive& archive);
// What processes that died left.
Status sweep_unfinished(const std::filesystem::path& folder);

}  // namespace sluice
