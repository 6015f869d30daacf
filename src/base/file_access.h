// Whose the files are that a run makes, and whether another user can read them.
//
// A lake is often written by one user and read by another: the reader needs r on the catalog and on
// each data file, and x on every folder above them. A reader of a SQLite catalog in WAL mode needs
// no right to write: SQLite reads the log through -wal and -shm as they are. Where the last writer
// took these two away a reader would have to make them, and needs w on the catalog's folder.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice {

// As it was typed: "grafana:grafana", "640", "750". Each may be "".
struct AccessWish {
  std::string owner;      // USER, USER:GROUP or :GROUP; names or numbers
  std::string file_mode;  // octal
  std::string dir_mode;

  bool empty() const { return owner.empty() && file_mode.empty() && dir_mode.empty(); }
  friend bool operator==(const AccessWish&, const AccessWish&) = default;
};

// A user of this machine, with the groups that a login of it has.
struct SystemUser {
  std::string name;  // or its number, where it has none
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};

// `name`: a name or a number. Errors: kInvalid for an unknown name, with what to do.
Result<SystemUser> find_user(const std::string& name);

class FileAccess {
 public:
  // Nothing is asked for: every method is a no-op.
  FileAccess() = default;

  // Errors: kInvalid for a mode that is no octal number or locks its owner out and for an unknown
  // user or group; kDenied where this process may not give files away. Touches no file.
  static Result<FileAccess> resolve(const AccessWish& wish);

  bool empty() const { return wish_.empty(); }

  // Errors: kDenied, kNotFound by errno.
  Status give_file(const std::filesystem::path& path) const;
  Status give_folder(const std::filesystem::path& path) const;
  // The same where it is there.
  Status give_file_if_there(const std::filesystem::path& path) const;

  // Those who shall be able to read: the owner, and a member of the group where the files' mode
  // lets the group read.
  const std::vector<SystemUser>& readers() const { return readers_; }

 private:
  Status give(const std::filesystem::path& path, std::optional<mode_t> mode) const;

  AccessWish wish_;
  std::optional<uid_t> user_;
  std::optional<gid_t> group_;
  std::optional<mode_t> file_mode_;
  std::optional<mode_t> dir_mode_;
  std::vector<SystemUser> readers_;
};

// Makes a folder and those above it that are missing; what it makes gets `access`.
Status make_folders(const std::filesystem::path& path, const FileAccess& access);

// What somebody has to read. Paths are absolute.
struct ReadableSet {
  std::vector<std::filesystem::path> files;    // opened
  std::vector<std::filesystem::path> folders;  // listed
  // A SQLite database in WAL mode: with both of its side files, or in a folder that is writable.
  std::vector<std::filesystem::path> sqlite_databases;
};

// Opens all of it as `reader`, in a child process that has given up this one's rights (as the
// process itself where it is that user). Errors: kDenied names the path, its owner and mode, and
// the command to run; kUnsupported where this process may not become another user.
Status check_readable(const SystemUser& reader, const ReadableSet& set);
// The same for each of `access`'s readers; nothing where it asks for nothing.
Status check_readable(const FileAccess& access, const ReadableSet& set);

// A SQLite catalog with its side files where they are there, or any other file.
void add_catalog(ReadableSet& set, const std::filesystem::path& catalog, bool is_sqlite);

}  // namespace sluice
