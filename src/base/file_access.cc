#include "base/file_access.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/file.h"
#include "base/missing_folders.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kModeMax = 07777;

template <typename T>
std::optional<T> number_of(const std::string& text, int base) {
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, code] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || code != std::errc() || at != end) return std::nullopt;
  return value;
}

Result<std::optional<mode_t>> parse_mode(const std::string& text, const std::string& option,
                                         mode_t needed, const std::string& why) {
  if (text.empty()) return std::nullopt;
  const auto mode = number_of<mode_t>(text, 8);
  if (!mode || text.size() < 3 || text.size() > 4 || *mode > kModeMax) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("{}: \"{}\" is no mode", option, text))
                    .about(option)
                    .advise("write three or four octal digits, such as 640 or 0750"));
  }
  if ((*mode & needed) == needed) return mode;
  return fail(Error(ErrorKind::kInvalid, fmt::format("{}: with mode {} {}", option, text, why))
                  .about(option)
                  .advise(fmt::format("{:03o} is the least that works", *mode | needed)));
}

Result<gid_t> find_group(const std::string& name) {
  if (const group* const entry = ::getgrnam(name.c_str())) return entry->gr_gid;
  if (const auto number = number_of<gid_t>(name, 10)) return *number;
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("there is no group \"{}\" on this machine", name))
          .about(name)
          .advise("`getent group` lists them; a number is taken as it is, such as 472 for a group "
                  "of a container"));
}

std::string name_of_user(uid_t user) {
  const passwd* const entry = ::getpwuid(user);
  return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

std::string name_of_group(gid_t group) {
  const struct group* const entry = ::getgrgid(group);
  return entry == nullptr ? std::to_string(group) : entry->gr_name;
}

bool is_in_own_groups(gid_t group) {
  if (group == ::getegid()) return true;
  const int count = ::getgroups(0, nullptr);
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, count)));
  if (count > 0 && ::getgroups(count, groups.data()) < 0) return false;
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

Status check_may_give(const AccessWish& wish, std::optional<uid_t> user,
                      std::optional<gid_t> group) {
  if (::geteuid() == 0) return {};
  const bool own_user = !user || *user == ::geteuid();
  if (own_user && (!group || is_in_own_groups(*group))) return {};
  return fail(Error(ErrorKind::kDenied,
                    fmt::format("--owner {}: only root can give files away, and this is {}",
                                wish.owner, name_of_user(::geteuid())))
                  .about(wish.owner)
                  .code("EPERM")
                  .advise("run it as root (sudo), or as the owner itself; a group that this user "
                          "is in can be given without root: --owner :GROUP --file-mode 640"));
}

}  // namespace

Result<SystemUser> find_user(const std::string& name) {
  SystemUser out;
  const passwd* entry = ::getpwnam(name.c_str());
  const auto number = number_of<uid_t>(name, 10);
  if (entry == nullptr && number) entry = ::getpwuid(*number);
  if (entry != nullptr) {
    out = {entry->pw_name, entry->pw_uid, entry->pw_gid, {}};
    int count = 64;
    out.groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(entry->pw_name, entry->pw_gid, out.groups.data(), &count) < 0) {
      out.groups.resize(static_cast<std::size_t>(count));
      ::getgrouplist(entry->pw_name, entry->pw_gid, out.groups.data(), &count);
    }
    out.groups.resize(static_cast<std::size_t>(count));
    return out;
  }
  if (number) return SystemUser{name, *number, *number, {}};
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("there is no user \"{}\" on this machine", name))
          .about(name)
          .advise("`getent passwd` lists them; a number is taken as it is, such as 472 for a user "
                  "of a container"));
}

Result<FileAccess> FileAccess::resolve(const AccessWish& wish) {
  FileAccess out;
  out.wish_ = wish;
  TRY_ASSIGN(out.file_mode_, parse_mode(wish.file_mode, "--file-mode", S_IRUSR | S_IWUSR,
                                        "the owner cannot read and write its files"));
  TRY_ASSIGN(out.dir_mode_, parse_mode(wish.dir_mode, "--dir-mode", S_IRWXU,
                                       "the owner cannot enter and change its folders"));
  if (wish.owner.empty()) return out;
  const std::size_t colon = wish.owner.find(':');
  const std::string user = wish.owner.substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : wish.owner.substr(colon + 1);
  if (user.empty() && group.empty()) {
    return fail(Error(ErrorKind::kInvalid, "--owner wants USER:GROUP")
                    .about("--owner")
                    .advise("such as --owner grafana:grafana"));
  }
  const auto of_owner = [](Error error) {
    error.message = "--owner: " + error.message;
    return fail(std::move(error));
  };
  if (!user.empty()) {
    auto found = find_user(user);
    if (!found) return of_owner(std::move(found.error()));
    out.user_ = found->user;
    out.readers_.push_back(std::move(*found));
  }
  if (!group.empty()) {
    auto found = find_group(group);
    if (!found) return of_owner(std::move(found.error()));
    out.group_ = *found;
  } else if (colon == std::string::npos) {
    out.group_ = out.readers_.front().group;
  }
  TRY(check_may_give(wish, out.user_, out.group_));
  const mode_t mode = out.file_mode_.value_or(S_IRUSR | S_IRGRP | S_IROTH);
  if (!group.empty() && (mode & S_IRGRP) != 0 && ::geteuid() == 0) {
    // Somebody who is nothing but a member of the group.
    constexpr uid_t kNobody = 65534;
    out.readers_.push_back(
        {"a member of group " + name_of_group(*out.group_), kNobody, *out.group_, {*out.group_}});
  }
  return out;
}

Status FileAccess::give(const fs::path& path, std::optional<mode_t> mode) const {
  if (user_ || group_) {
    const uid_t user = user_.value_or(static_cast<uid_t>(-1));
    const gid_t group = group_.value_or(static_cast<gid_t>(-1));
    if (::chown(path.c_str(), user, group) != 0) {
      return fail(errno_error(errno, "change the owner of", path));
    }
  }
  if (mode && ::chmod(path.c_str(), *mode) != 0) {
    return fail(errno_error(errno, "change the mode of", path));
  }
  return {};
}

Status FileAccess::give_file(const fs::path& path) const { return give(path, file_mode_); }
Status FileAccess::give_folder(const fs::path& path) const { return give(path, dir_mode_); }

Status FileAccess::give_file_if_there(const fs::path& path) const {
  std::error_code code;
  if (empty() || !fs::exists(path, code)) return {};
  return give_file(path);
}

Status make_folders(const fs::path& path, const FileAccess& access) {
  if (access.empty()) return make_folders(path);
  return make_missing_folders(path, [&](const fs::path& made) { return access.give_folder(made); });
}

Status check_readable(const FileAccess& access, const ReadableSet& set) {
  for (const SystemUser& reader : access.readers()) TRY(check_readable(reader, set));
  return {};
}

void add_catalog(ReadableSet& set, const fs::path& catalog, bool is_sqlite) {
  if (is_sqlite) {
    set.sqlite_databases.push_back(catalog);
    return;
  }
  std::error_code code;
  set.files.push_back(catalog);
  const fs::path log = catalog.string() + ".wal";
  if (fs::exists(log, code)) set.files.push_back(log);
}

}  // namespace sluice
