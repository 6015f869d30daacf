#include "operations/connect_check.h"

#include <fmt/format.h>
#include <grp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/ask_child.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/engine.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMemoryBytes = std::uint64_t{256} << 20;

// Files of extensions, by the names that LOAD knows.
std::string file_of_extension(const std::string& name) {
  const bool is_scanner = name == "sqlite" || name == "postgres";
  return (is_scanner ? name + "_scanner" : name) + ".duckdb_extension";
}

// A folder in which the engine finds our extensions as if INSTALL had fetched them.
class ExtensionFolder {
 public:
  ExtensionFolder() = default;
  ExtensionFolder(const ExtensionFolder&) = delete;
  ExtensionFolder& operator=(const ExtensionFolder&) = delete;
  ~ExtensionFolder() {
    std::error_code ignored;
    if (!root_.empty()) fs::remove_all(root_, ignored);
  }

  Status fill(EngineConnection& connection, const std::vector<std::string>& names) {
    std::string pattern = (fs::temp_directory_path() / "sluice-connect-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      return fail(errno_error(errno, "create folder", pattern));
    }
    root_ = pattern;
    TRY_ASSIGN(const auto version,
               connection.value("SELECT library_version FROM pragma_version()"));
    TRY_ASSIGN(const auto platform, connection.value("SELECT platform FROM pragma_platform()"));
    const fs::path folder = root_ / version.value_or("") / platform.value_or("");
    TRY(make_folders(folder));
    for (const std::string& name : names) {
      const fs::path file = extensions_folder() / file_of_extension(name);
      std::error_code code;
      if (!fs::exists(file, code)) {
        return fail(
            Error(ErrorKind::kNotFound,
                  fmt::format("DuckDB's extension \"{}\" is not at \"{}\"", name, file.string()))
                .about(name)
                .advise(fmt::format(
                    "`sluice doctor` says which extensions are there; the other program "
                    "gets its own by INSTALL {}, once, with access to the network, or "
                    "from a copy of this file",
                    name)));
      }
      fs::create_symlink(file, folder / file.filename(), code);
      if (code) return fail(errno_error(code.value(), "link", folder / file.filename()));
    }
    return connection.execute("SET extension_directory = " + quote_literal(root_.string()));
  }

 private:
  fs::path root_;
};

bool is_loading(const std::string& statement) {
  return statement.starts_with("INSTALL ") || statement.starts_with("LOAD ");
}

struct Opened {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<EngineConnection> connection;
};

Result<Opened> open_with_extensions(const Attachable& place,
                                    const std::vector<std::string>& statements) {
  Opened out;
  Engine::Options options;
  options.memory_bytes = kMemoryBytes;
  options.threads = 1;
  TRY_ASSIGN(out.engine, Engine::open(options));
  TRY_ASSIGN(out.connection, out.engine->connect());
  ExtensionFolder folder;
  TRY(folder.fill(*out.connection, place.extensions));
  for (const std::string& statement : statements) {
    if (is_loading(statement)) TRY(out.connection->execute(statement));
  }
  return out;
}

// After the extensions are there.
Result<std::uint64_t> attach_and_read(EngineConnection& connection, const Attachable& place,
                                      const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    if (!is_loading(statement)) TRY(connection.execute(statement));
  }
  TRY_ASSIGN(const auto tables,
             connection.rows(fmt::format("SELECT schema_name, table_name FROM duckdb_tables() "
                                         "WHERE database_name = '{}' AND NOT internal",
                                         place.name)));
  for (const TextRow& table : tables) {
    TRY(connection.rows(fmt::format("SELECT 1 FROM (FROM {}.{}.{} LIMIT 1)", place.name,
                                    quote_identifier(table.at(0).value_or("")),
                                    quote_identifier(table.at(1).value_or("")))));
  }
  return tables.size();
}

Status become(const SystemUser& user) {
  if (user.user == ::geteuid()) return {};
  if (::setgroups(user.groups.size(), user.groups.data()) != 0 ||
      ::setresgid(user.group, user.group, user.group) != 0 ||
      ::setresuid(user.user, user.user, user.user) != 0) {
    return fail(errno_error(errno, "become user", user.name));
  }
  return {};
}

Status attach_in_child(const Attachable& place, const std::vector<std::string>& statements,
                       const SystemUser& user) {
  TRY_ASSIGN(const Opened opened, open_with_extensions(place, statements));
  TRY(become(user));
  const auto found = attach_and_read(*opened.connection, place, statements);
  if (found) return {};
  return fail(found.error());
}

}  // namespace

Result<std::uint64_t> attach_as_told(const Attachable& place,
                                     const std::vector<std::string>& statements) {
  TRY_ASSIGN(const Opened opened, open_with_extensions(place, statements));
  return attach_and_read(*opened.connection, place, statements);
}

Status attach_as_user(const Attachable& place, const std::vector<std::string>& statements,
                      const SystemUser& user) {
  TRY_ASSIGN(const std::string answer, ask_child([&]() -> std::string {
               const Status done = attach_in_child(place, statements, user);
               return done ? "ok" : done.error().message;
             }));
  if (answer == "ok") return {};
  if (answer.empty()) {
    return fail(ErrorKind::kInternal,
                fmt::format("the process that attaches as {} died", user.name));
  }
  return fail(Error(ErrorKind::kDenied,
                    fmt::format("{} cannot attach {}: {}", user.name, place.path, answer))
                  .about(place.path));
}

}  // namespace sluice
