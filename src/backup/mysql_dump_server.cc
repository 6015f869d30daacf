// MariaDB and MySQL by their dump tool and their client: the tables in one consistent snapshot,
// and beside them what a renamed table leaves behind: triggers, routines, events and views.
//
// No statement renames a database. One RENAME TABLE brings all tables of the scratch database to
// their place, and those that were there to a database of their own; triggers and views are made
// after it. The table kMarker comes along and stays until they are there: what finds it goes on.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "backup/dump_server.h"
#include "backup/dump_tool.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "client/mysql/connection.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using mysql::Connection;
using mysql::Rows;

constexpr std::size_t kNameBytesMax = 64;
constexpr const char* kMarker = "sluice_unfinished_restore";

// What a database holds, as far as the user may see it.
struct Content {
  std::vector<std::string> tables;
  std::vector<std::string> views;
  std::vector<std::string> others;  // "trigger x", "procedure y", ...
  bool is_transactional = true;
  bool has_history = false;

  bool empty() const { return tables.empty() && views.empty() && others.empty(); }
};

// The tools' own words for how a location is reached.
std::vector<std::string> connection_words(const Location& location, bool is_mariadb) {
  std::vector<std::string> words;
  std::string socket = location.host.starts_with('/') ? location.host : "";
  std::string mode;
  for (const auto& [given, value] : location.parameters) {
    std::string name = replace_all(to_lower(given), "-", "_");
    if (name == "sslmode") name = "ssl_mode";
    if (name == "socket") socket = value;
    if (name == "ssl_mode") mode = to_lower(value);
    if (name == "ssl_ca" || name == "ssl_cert" || name == "ssl_key") {
      words.push_back("--" + replace_all(name, "_", "-") + "=" + value);
    }
    if (name == "compress" && (value == "1" || value == "true")) words.emplace_back("--compress");
  }
  if (!is_mariadb && !mode.empty()) words.push_back("--ssl-mode=" + replace_all(mode, "-", "_"));
  if (is_mariadb && (mode == "required" || mode.starts_with("verify"))) {
    words.emplace_back("--ssl");
    if (mode != "required") words.emplace_back("--ssl-verify-server-cert");
  }
  if (!location.user.empty()) words.push_back("--user=" + location.user);
  if (!socket.empty()) {
    words.push_back("--socket=" + socket);
    return words;
  }
  words.push_back("--host=" + (location.host.empty() ? "127.0.0.1" : location.host));
  if (location.port != 0) {
    words.push_back(fmt::format("--port={}", location.port));
    words.emplace_back("--protocol=tcp");
  }
  return words;
}

std::string whole_name(const std::string& database, const std::string& table) {
  return quote_identifier(database) + "." + quote_identifier(table);
}

class MysqlDumpServer : public DumpServer {
 public:
  MysqlDumpServer(Location location, DumpChoices choices, Connection connection)
      : location_(std::move(location)), choices_(choices), server_(std::move(connection)) {}

  Result<std::string> schemas(const std::string& /*database*/) override { return std::string(); }

  Result<DumpedDatabase> dump(const fs::path& folder, const std::string& /*snapshot*/) override {
    TRY_ASSIGN(const DumpTool tool, find(true));
    TRY_ASSIGN(const Content content, content_of(location_.database));
    DumpedDatabase out;
    TRY_ASSIGN(out.traits, read_traits());
    out.traits["tool"] = tool.version;
    // Engines without transactions have no snapshot: a lock of all tables of the database is one.
    std::vector<std::string> words = {
        content.is_transactional ? "--single-transaction" : "--lock-tables", "--skip-triggers"};
    if (content.is_transactional) words.emplace_back("--skip-lock-tables");
    if (content.has_history) words.emplace_back("--dump-history");
    for (const std::string& view : content.views) {
      words.push_back("--ignore-table=" + location_.database + "." + view);
    }
    words.push_back(location_.database);
    TRY(dump_file(tool, words, folder / kMysqlTables));
    out.files = {kMysqlTables};
    if (!content.others.empty()) {
      words = {"--no-data",  "--no-create-info", "--skip-lock-tables", "--triggers",
               "--routines", "--events",         "--add-drop-trigger", location_.database};
      TRY(dump_file(tool, words, folder / kMysqlObjects));
      out.files.emplace_back(kMysqlObjects);
    }
    if (!content.views.empty()) {
      words = {"--no-data", "--skip-triggers", "--skip-lock-tables", location_.database};
      words.insert(words.end(), content.views.begin(), content.views.end());
      TRY(dump_file(tool, words, folder / kMysqlViews));
      out.files.emplace_back(kMysqlViews);
    }
    return out;
  }

  Result<bool> is_taken() override {
    TRY_ASSIGN(const Content content, content_of(location_.database));
    return !content.empty();
  }

  Result<std::string> make_scratch(const ArchivedTraits& traits) override {
    TRY(find(false));
    TRY(sweep());
    const std::string name = scratch_database_name();
    TRY(server_.query(fmt::format("SELECT GET_LOCK({}, 0)", quote_literal(name)), "lock " + name));
    TRY(make_database(name, traits));
    crash_point();
    return name;
  }

  Status load(const fs::path& folder, const std::string& scratch,
              const ArchivedTraits& /*traits*/) override {
    for (const char* const file : {kMysqlTables, kMysqlObjects, kMysqlViews}) {
      TRY(load_file(folder / file, scratch));
    }
    return {};
  }

  Status drop_scratch(const std::string& scratch) override {
    return server_.execute("DROP DATABASE IF EXISTS " + quote_identifier(scratch),
                           "drop " + scratch);
  }

  Result<std::string> publish(const fs::path& folder, const std::string& scratch,
                              const ArchiveManifest& manifest, bool replace) override {
    TRY_ASSIGN(const Content old, content_of(location_.database));
    if (replace) TRY(check_tables_alone(old));
    TRY_ASSIGN(const Content fresh, content_of(scratch));
    TRY_ASSIGN(const bool is_there, has_database());
    if (!is_there) TRY(make_database(location_.database, manifest.traits));
    std::string kept;
    if (!old.tables.empty()) {
      kept = kept_database_name(location_.database, kNameBytesMax);
      TRY(make_database(kept, manifest.traits));
    }
    crash_point();
    const bool has_more = !fresh.others.empty() || !fresh.views.empty();
    TRY(drop_triggers(scratch));
    if (has_more) {
      TRY(server_.execute(fmt::format("CREATE TABLE {} (a INT) COMMENT {}",
                                      whole_name(scratch, kMarker), quote_literal(manifest.id)),
                          "mark the restore"));
    }
    TRY(rename_tables(old, fresh, scratch, kept, has_more));
    crash_point();
    if (has_more) TRY(finish(folder, manifest));
    TRY(drop_scratch(scratch));
    return kept;
  }

  Result<bool> finish(const fs::path& folder, const ArchiveManifest& manifest) override {
    TRY_ASSIGN(const Rows marker,
               server_.query(fmt::format("SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE"
                                         " TABLE_SCHEMA = {} AND TABLE_NAME = '{}'",
                                         quote_literal(location_.database), kMarker),
                             "look for an unfinished restore"));
    if (marker.size() == 0) return false;
    if (marker.text(0, 0) != manifest.id) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("a restore of archive {} to {} was interrupted: its triggers, "
                                    "routines and views are missing",
                                    marker.text(0, 0), location_.display()))
                      .about(location_.display())
                      .advise(fmt::format("`sluice backup restore {}` to the same place goes on",
                                          marker.text(0, 0))));
    }
    for (const char* const file : {kMysqlObjects, kMysqlViews}) {
      TRY(load_file(folder / file, location_.database));
    }
    TRY(server_.execute("DROP TABLE " + whole_name(location_.database, kMarker),
                        "end the restore"));
    TRY(sweep());
    return true;
  }

 private:
  ProgramCall call_of(const DumpTool& tool) const {
    ProgramCall call;
    call.program = tool.program;
    const std::string file = location_.parameter("defaults_file", "");
    const bool typed = !location_.password.empty();
    // As the connection does: files of settings are for those who gave no password.
    if (!file.empty()) {
      call.arguments.push_back("--defaults-file=" + file);
    } else if (typed) {
      call.arguments.emplace_back("--no-defaults");
    }
    if (typed) call.environment.emplace_back("MYSQL_PWD", location_.password.reveal());
    for (std::string& word : connection_words(location_, is_mariadb(tool))) {
      call.arguments.push_back(std::move(word));
    }
    call.arguments.emplace_back("--default-character-set=utf8mb4");
    call.arguments.emplace_back("--max-allowed-packet=1G");
    return call;
  }

  static bool is_mariadb(const DumpTool& tool) {
    return tool.version.find("MariaDB") != std::string::npos;
  }

  Result<DumpTool> find(bool is_dump) const {
    return is_dump
               ? find_dump_tool({"mariadb-dump", "mysqldump"}, "mariadb-client", choices_.cancel)
               : find_dump_tool({"mariadb", "mysql"}, "mariadb-client", choices_.cancel);
  }

  Status dump_file(const DumpTool& tool, const std::vector<std::string>& words,
                   const fs::path& file) const {
    ProgramCall call = call_of(tool);
    call.arguments.insert(call.arguments.end(),
                          {"--quick", "--hex-blob", "--skip-dump-date", "--no-tablespaces"});
    if (!is_mariadb(tool)) {
      call.arguments.insert(call.arguments.end(), {"--set-gtid-purged=OFF"});
      call.arguments.emplace_back("--column-statistics=0");
    }
    call.arguments.insert(call.arguments.end(), words.begin(), words.end());
    call.output = file;
    TRY(run_dump_tool(call, "dump " + location_.display(), choices_.cancel));
    return sync_file(file);
  }

  Status load_file(const fs::path& file, const std::string& database) const {
    std::error_code code;
    if (!fs::exists(file, code)) return {};
    TRY_ASSIGN(const DumpTool tool, find(false));
    ProgramCall call = call_of(tool);
    call.arguments.emplace_back("--binary-mode");
    call.arguments.push_back(database);
    call.input = file;
    TRY(run_dump_tool(call, "restore into " + location_.display(), choices_.cancel));
    crash_point();
    return {};
  }

  Result<ArchivedTraits> read_traits() {
    TRY_ASSIGN(const Rows rows,
               server_.query(
                   fmt::format("SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME, "
                               "VERSION() FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}",
                               quote_literal(location_.database)),
                   "read the traits of " + location_.display()));
    if (rows.size() == 0) {
      return fail(
          Error(ErrorKind::kNotFound, fmt::format("there is no database {}", location_.display()))
              .about(location_.display()));
    }
    return ArchivedTraits{
        {"charset", rows.text(0, 0)}, {"collate", rows.text(0, 1)}, {"server", rows.text(0, 2)}};
  }

  Result<Content> content_of(const std::string& database) {
    const std::string name = quote_literal(database);
    const std::string doing = "list what is in " + quote_identifier(database);
    Content out;
    TRY_ASSIGN(const Rows tables,
               server_.query("SELECT TABLE_NAME, TABLE_TYPE, coalesce(ENGINE, '') FROM "
                             "information_schema.TABLES WHERE TABLE_SCHEMA = " +
                                 name + " ORDER BY 1",
                             doing));
    for (int row = 0; row < tables.size(); ++row) {
      const std::string type = tables.text(row, 1);
      if (type == "VIEW" || type == "SYSTEM VIEW") {
        out.views.push_back(tables.text(row, 0));
        continue;
      }
      out.tables.push_back(tables.text(row, 0));
      out.has_history |= type == "SYSTEM VERSIONED";
      if (type != "SEQUENCE") out.is_transactional &= tables.text(row, 2) == "InnoDB";
    }
    TRY_ASSIGN(const Rows others,
               server_.query(
                   fmt::format("SELECT concat('trigger ', TRIGGER_NAME) FROM "
                               "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = {0} UNION ALL "
                               "SELECT concat(lower(ROUTINE_TYPE), ' ', ROUTINE_NAME) FROM "
                               "information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {0} UNION ALL "
                               "SELECT concat('event ', EVENT_NAME) FROM "
                               "information_schema.EVENTS WHERE EVENT_SCHEMA = {0} ORDER BY 1",
                               name),
                   doing));
    for (int row = 0; row < others.size(); ++row) out.others.push_back(others.text(row, 0));
    return out;
  }

  // All that one RENAME TABLE cannot keep.
  Status check_tables_alone(const Content& old) const {
    if (old.others.empty() && old.views.empty()) return {};
    const std::string first = old.others.empty() ? "view " + old.views.front() : old.others.front();
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("{} has the {}, which cannot be kept under another name as its "
                                  "tables can",
                                  location_.display(), first))
                    .about(location_.display())
                    .advise("restore to another database, which leaves this one as it is, or drop "
                            "it first"));
  }

  Result<bool> has_database() {
    TRY_ASSIGN(const Rows rows,
               server_.query("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = " +
                                 quote_literal(location_.database),
                             "look for a database"));
    return rows.size() > 0;
  }

  Status make_database(const std::string& name, const ArchivedTraits& traits) {
    std::string sql = "CREATE DATABASE " + quote_identifier(name);
    const auto charset = traits.find("charset");
    const auto collation = traits.find("collate");
    if (charset != traits.end() && collation != traits.end()) {
      sql += fmt::format(" CHARACTER SET {} COLLATE {}", quote_identifier(charset->second),
                         quote_identifier(collation->second));
    }
    const Status made = server_.execute(sql, "make a database at " + location_.display());
    if (made || made.error().kind != ErrorKind::kDenied) return made;
    Error error = made.error();
    error.hint = fmt::format(
        "a restore, and the drill of create, makes a database of its own: GRANT ALL ON "
        "`sluice\\_scratch\\_%`.* TO {}",
        location_.user.empty() ? "the user" : quote_literal(location_.user));
    return fail(std::move(error));
  }

  Status drop_triggers(const std::string& database) {
    TRY_ASSIGN(const Rows rows,
               server_.query("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE "
                             "TRIGGER_SCHEMA = " +
                                 quote_literal(database),
                             "list triggers"));
    for (int row = 0; row < rows.size(); ++row) {
      TRY(server_.execute("DROP TRIGGER " + whole_name(database, rows.text(row, 0)),
                          "bring the tables to their place"));
    }
    return {};
  }

  Status rename_tables(const Content& old, const Content& fresh, const std::string& scratch,
                       const std::string& kept, bool with_marker) {
    std::vector<std::string> moves;
    const auto move = [&moves](const std::string& source, const std::string& target,
                               const std::string& table) {
      moves.push_back(whole_name(source, table) + " TO " + whole_name(target, table));
    };
    for (const std::string& table : old.tables) move(location_.database, kept, table);
    for (const std::string& table : fresh.tables) move(scratch, location_.database, table);
    if (with_marker) move(scratch, location_.database, kMarker);
    if (moves.empty()) return {};
    return server_.execute("RENAME TABLE " + join(moves, ", "), "bring the tables to their place");
  }

  Status sweep() {
    TRY_ASSIGN(const Rows rows, server_.query("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA",
                                              "look for unfinished restores"));
    for (int row = 0; row < rows.size(); ++row) {
      const std::string name = rows.text(row, 0);
      if (!is_scratch_database(name)) continue;
      TRY_ASSIGN(const Rows is_free,
                 server_.query(fmt::format("SELECT GET_LOCK({}, 0)", quote_literal(name)),
                               "lock " + name));
      if (is_free.boolean(0, 0)) TRY(drop_scratch(name));
    }
    return {};
  }

  Location location_;
  DumpChoices choices_;
  Connection server_;  // to no database of the user's
};

}  // namespace

Result<std::unique_ptr<DumpServer>> open_mysql_dump_server(const Location& location,
                                                           const DumpChoices& choices) {
  Location place = location;
  place.database = "information_schema";
  TRY_ASSIGN(Connection connection, Connection::open(place));
  return std::make_unique<MysqlDumpServer>(location, choices, std::move(connection));
}

}  // namespace sluice
