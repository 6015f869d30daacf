// PostgreSQL by pg_dump and pg_restore: one file in pg_dump's custom format, of one exported
// snapshot. What a dump does not hold are the database's own traits: encoding, collation, owner,
// grants on it and its settings; they are read beside it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "backup/dump_server.h"
#include "backup/dump_tool.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "client/postgres/connection.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using postgres::Connection;
using postgres::Rows;

constexpr std::size_t kNameBytesMax = 63;
constexpr int kJobsMax = 4;
constexpr std::string_view kDenied = "42501";

constexpr const char* kTraits =
    "SELECT pg_encoding_to_char(encoding), datcollate, datctype,"
    " coalesce(to_jsonb(d)->>'datlocprovider', 'c'),"
    " coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', ''),"
    " pg_get_userbyid(datdba), datacl IS NOT NULL"
    " FROM pg_database d WHERE datname = current_database()";
constexpr const char* kGrants =
    "SELECT privilege_type, CASE grantee WHEN 0 THEN '' ELSE pg_get_userbyid(grantee) END,"
    " is_grantable FROM pg_database, aclexplode(datacl) WHERE datname = current_database()";
constexpr const char* kSettings =
    "SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
    " WHERE d.datname = current_database() AND s.setrole = 0";
constexpr const char* kSchemas =
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|sluice_)' AND"
    " nspname <> 'information_schema' ORDER BY 1";
constexpr const char* kHasObjects =
    "SELECT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN"
    " ('information_schema', 'public')) OR EXISTS (SELECT FROM pg_class c JOIN pg_namespace n"
    " ON n.oid = c.relnamespace WHERE n.nspname = 'public') OR EXISTS (SELECT FROM pg_proc p"
    " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public') OR EXISTS"
    " (SELECT FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"
    " WHERE n.nspname = 'public') OR EXISTS (SELECT FROM pg_largeobject_metadata)";
// Those that a live maker holds a lock of are not free.
constexpr const char* kScratchDatabases =
    "SELECT datname FROM pg_database WHERE datname LIKE 'sluice\\_scratch\\_%'"
    " AND pg_has_role(datdba, 'USAGE')";

// Settings whose value is a list: pg_db_role_setting has it quoted already.
constexpr std::array<std::string_view, 5> kListSettings = {
    "search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries",
    "unix_socket_directories"};

// One line of libpq's connection text.
std::string connection_text(const Location& location, const std::string& database) {
  std::string out;
  const auto add = [&out](const std::string& name, const std::string& value) {
    if (value.empty()) return;
    const std::string escaped = replace_all(replace_all(value, "\\", "\\\\"), "'", "\\'");
    out += fmt::format("{}{}='{}'", out.empty() ? "" : " ", name, escaped);
  };
  add("host", location.host);
  add("port", location.port == 0 ? "" : std::to_string(location.port));
  add("dbname", database);
  add("user", location.user);
  add("application_name", "sluice");
  for (const auto& [name, value] : location.parameters) {
    if (name != "schema") add(name, value);
  }
  return out;
}

std::string trait(const ArchivedTraits& traits, const std::string& name) {
  const auto at = traits.find(name);
  return at == traits.end() ? "" : at->second;
}

class PostgresDumpServer : public DumpServer {
 public:
  PostgresDumpServer(Location location, DumpChoices choices, Connection connection)
      : location_(std::move(location)), choices_(choices), server_(std::move(connection)) {}

  Result<std::string> schemas(const std::string& database) override {
    TRY_ASSIGN(Connection connection, connect(database));
    TRY_ASSIGN(const Rows rows, connection.query(kSchemas, "list the schemas"));
    std::vector<std::string> names;
    for (int row = 0; row < rows.size(); ++row) names.push_back(rows.text(row, 0));
    return join(names, ",");
  }

  Result<DumpedDatabase> dump(const fs::path& folder, const std::string& snapshot) override {
    TRY_ASSIGN(const DumpTool tool, find("pg_dump"));
    DumpedDatabase out;
    out.files = {kPostgresDump};
    TRY_ASSIGN(out.traits, read_traits());
    out.traits["tool"] = tool.version;
    ProgramCall call = call_of("pg_dump", location_.database);
    call.arguments.insert(call.arguments.end(), {"--format=custom", "--compress=1",
                                                 "--file=" + (folder / kPostgresDump).string()});
    if (!snapshot.empty()) call.arguments.push_back("--snapshot=" + snapshot);
    TRY(run_dump_tool(call, "dump " + location_.display(), choices_.cancel));
    TRY(sync_file(folder / kPostgresDump));
    return out;
  }

  Result<bool> is_taken() override {
    TRY_ASSIGN(const bool is_there, has_database());
    if (!is_there) return false;
    TRY_ASSIGN(Connection connection, connect(location_.database));
    TRY_ASSIGN(const Rows rows, connection.query(kHasObjects, "look at " + location_.display()));
    return rows.boolean(0, 0);
  }

  Result<std::string> make_scratch(const ArchivedTraits& traits) override {
    TRY(find("pg_restore"));
    TRY(sweep());
    const std::string name = scratch_database_name();
    TRY(lock(name));
    std::string sql = fmt::format("CREATE DATABASE {} TEMPLATE template0 ENCODING {}",
                                  quote_identifier(name), quote_literal(trait(traits, "encoding")));
    sql += fmt::format(" LC_COLLATE {} LC_CTYPE {}", quote_literal(trait(traits, "collate")),
                       quote_literal(trait(traits, "ctype")));
    if (trait(traits, "provider") == "i") {
      sql += " LOCALE_PROVIDER icu ICU_LOCALE " + quote_literal(trait(traits, "locale"));
    }
    const Status made = server_.execute(sql, "make a database at " + location_.display());
    if (!made) return fail(name_right(made.error()));
    crash_point();
    return name;
  }

  Status load(const fs::path& folder, const std::string& scratch,
              const ArchivedTraits& traits) override {
    ProgramCall call = call_of("pg_restore", scratch);
    const int jobs = std::clamp(choices_.threads, 1, kJobsMax);
    call.arguments.insert(call.arguments.end(),
                          {"--exit-on-error", fmt::format("--jobs={}", jobs)});
    if (!choices_.keep_owners) {
      for (const char* const word : {"--no-owner", "--no-privileges", "--no-subscriptions"}) {
        call.arguments.emplace_back(word);
      }
    }
    call.arguments.push_back((folder / kPostgresDump).string());
    const Status loaded =
        run_dump_tool(call, "restore into " + location_.display(), choices_.cancel);
    crash_point();
    if (loaded) return choices_.keep_owners ? give_traits(scratch, traits) : Status();
    Error error = loaded.error();
    if (choices_.keep_owners && error.kind == ErrorKind::kConflict) {
      error.hint =
          "where it lacks a role: make it (CREATE ROLE), or --no-owner restores all as the "
          "user of the location, without grants";
    }
    return fail(std::move(error));
  }

  Status drop_scratch(const std::string& scratch) override {
    return server_.execute(
        fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_identifier(scratch)),
        "drop " + scratch);
  }

  Result<std::string> publish(const fs::path& /*folder*/, const std::string& scratch,
                              const ArchiveManifest& /*manifest*/, bool /*replace*/) override {
    TRY_ASSIGN(const bool is_there, has_database());
    TRY_ASSIGN(const bool is_full, is_taken());
    const std::string kept =
        is_there ? kept_database_name(location_.database, kNameBytesMax) : std::string();
    const Status done = rename_both(scratch, kept);
    if (!done) {
      static_cast<void>(server_.execute("ROLLBACK", "roll back"));
      return fail(name_users(done.error()));
    }
    if (!is_there || is_full) return kept;
    TRY(drop_scratch(kept));
    return std::string();
  }

  Result<bool> finish(const fs::path& /*folder*/, const ArchiveManifest& /*manifest*/) override {
    return false;
  }

 private:
  Result<Connection> connect(const std::string& database) const {
    Location place = location_;
    place.database = database;
    return Connection::open(place);
  }

  ProgramCall call_of(const std::string& program, const std::string& database) const {
    ProgramCall call;
    call.program = program;
    call.arguments = {"--no-password", "--dbname=" + connection_text(location_, database)};
    if (!location_.password.empty()) {
      call.environment.emplace_back("PGPASSWORD", location_.password.reveal());
    }
    return call;
  }

  // It reads servers up to its own version.
  Result<DumpTool> find(const std::string& name) {
    const int major = server_.server_version() / 10000;
    const std::string package = fmt::format("postgresql-client-{}", major);
    TRY_ASSIGN(DumpTool tool, find_dump_tool({name}, package, choices_.cancel));
    if (tool.major >= major) return tool;
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("{} is of version {}, and the server of version {}", name,
                                  tool.major, major))
                    .about(name)
                    .advise("apt-get install " + package));
  }

  Result<ArchivedTraits> read_traits() const {
    TRY_ASSIGN(Connection connection, connect(location_.database));
    const std::string doing = "read the traits of " + location_.display();
    TRY_ASSIGN(const Rows rows, connection.query(kTraits, doing));
    ArchivedTraits out;
    out["server"] = fmt::format("PostgreSQL {}", connection.server_version() / 10000);
    int column = 0;
    for (const char* const name : {"encoding", "collate", "ctype", "provider", "locale", "owner"}) {
      out[name] = rows.text(0, column++);
    }
    if (rows.boolean(0, column)) {
      TRY_ASSIGN(const Rows grants, connection.query(kGrants, doing));
      std::string& text = out["grants"];
      for (int row = 0; row < grants.size(); ++row) {
        const std::string whom = grants.text(row, 1);
        text += fmt::format("{} ON DATABASE {{}} TO {}{}\n", grants.text(row, 0),
                            whom.empty() ? "PUBLIC" : quote_identifier(whom),
                            grants.boolean(row, 2) ? " WITH GRANT OPTION" : "");
      }
    }
    TRY_ASSIGN(const Rows settings, connection.query(kSettings, doing));
    for (int row = 0; row < settings.size(); ++row) {
      out["settings"] += settings.text(row, 0) + "\n";
    }
    return out;
  }

  Status give_traits(const std::string& scratch, const ArchivedTraits& traits) {
    const std::string name = quote_identifier(scratch);
    std::string sql;
    for (const std::string& line : split(trait(traits, "settings"), '\n')) {
      const std::size_t at = line.find('=');
      if (at == std::string::npos) continue;
      const std::string setting = line.substr(0, at);
      const bool is_list = std::ranges::find(kListSettings, setting) != kListSettings.end();
      const std::string value = line.substr(at + 1);
      sql += fmt::format("ALTER DATABASE {} SET {} TO {};", name, setting,
                         is_list && !value.empty() ? value : quote_literal(value));
    }
    const std::string owner = trait(traits, "owner");
    if (!owner.empty()) {
      sql += fmt::format("ALTER DATABASE {} OWNER TO {};", name, quote_identifier(owner));
    }
    if (traits.contains("grants")) {
      sql += fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC;", name);
      for (const std::string& line : split(trait(traits, "grants"), '\n')) {
        if (!line.empty()) sql += "GRANT " + replace_all(line, "{}", name) + ";";
      }
    }
    const Status given = server_.execute(sql, "give the database its owner and grants");
    if (given) return {};
    Error error = given.error();
    error.hint = "--no-owner restores without owners, grants and the database's settings";
    return fail(std::move(error));
  }

  Result<bool> has_database() {
    TRY_ASSIGN(const Rows rows, server_.query("SELECT 1 FROM pg_database WHERE datname = $1",
                                              "look for a database", {location_.database}));
    return rows.size() > 0;
  }

  Status rename_both(const std::string& scratch, const std::string& kept) {
    const std::string doing = "give the restored database its name";
    TRY(server_.execute("BEGIN", doing));
    if (!kept.empty()) {
      TRY(server_.execute(fmt::format("ALTER DATABASE {} RENAME TO {}",
                                      quote_identifier(location_.database), quote_identifier(kept)),
                          doing));
    }
    TRY(server_.execute(fmt::format("ALTER DATABASE {} RENAME TO {}", quote_identifier(scratch),
                                    quote_identifier(location_.database)),
                        doing));
    return server_.commit(doing);
  }

  Status lock(const std::string& name) {
    return server_.execute(
        fmt::format("SELECT pg_advisory_lock(hashtextextended({}, 0))", quote_literal(name)),
        "lock " + name);
  }

  Status sweep() {
    TRY_ASSIGN(const Rows rows, server_.query(kScratchDatabases, "look for unfinished restores"));
    for (int row = 0; row < rows.size(); ++row) {
      const std::string name = rows.text(row, 0);
      if (!is_scratch_database(name)) continue;
      TRY_ASSIGN(const Rows is_free,
                 server_.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
                               "lock " + name, {name}));
      if (is_free.boolean(0, 0)) TRY(drop_scratch(name));
    }
    return {};
  }

  Error name_right(Error error) const {
    if (error.vendor_code != kDenied) return error;
    error.hint = fmt::format(
        "a restore, and the drill of create, makes a database of its own: ALTER ROLE {} CREATEDB",
        location_.user.empty() ? "..." : quote_identifier(location_.user));
    return error;
  }

  Error name_users(Error error) {
    if (error.kind != ErrorKind::kConflict) return error;
    error.hint =
        "close the programs that are connected to it (pg_stat_activity names them), or "
        "restore to another database";
    return error;
  }

  Location location_;
  DumpChoices choices_;
  Connection server_;  // to another database than the location's
};

}  // namespace

Result<std::unique_ptr<DumpServer>> open_postgres_dump_server(const Location& location,
                                                              const DumpChoices& choices) {
  // A database that somebody is connected to cannot be renamed.
  std::optional<Error> first;
  for (const char* const name : {"postgres", "template1"}) {
    Location place = location;
    place.database = name;
    if (name == location.database) continue;
    auto connection = Connection::open(place);
    if (connection) {
      return std::make_unique<PostgresDumpServer>(location, choices, *std::move(connection));
    }
    if (!first) first = connection.error();
  }
  return fail(*first);
}

}  // namespace sluice
