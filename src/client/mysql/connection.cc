#include "client/mysql/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/crash_point.h"
#include "base/text.h"
#include "client/mysql/classify.h"

namespace sluice::mysql {
namespace {

constexpr unsigned int kConnectSecondsDefault = 15;
constexpr unsigned long kPacketBytesMax = 1UL << 30;  // the protocol's own limit

constexpr std::array<std::string_view, 8> kParameters = {
    "socket",  "ssl_mode",        "ssl_ca",        "ssl_cert",
    "ssl_key", "connect_timeout", "defaults_file", "compress"};

// Values travel exactly: UTC, UTF-8, no mode that changes what is stored. A reader may be slow, so
// the server must not give up on it.
constexpr std::array kSettings = {
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
    "SET time_zone = '+00:00', wait_timeout = 86400, net_write_timeout = 86400, "
    "net_read_timeout = 86400, lock_wait_timeout = 10, innodb_lock_wait_timeout = 60, "
    "sql_select_limit = DEFAULT, sql_safe_updates = 0, autocommit = 1, foreign_key_checks = 1, "
    "unique_checks = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "/*M! SET max_statement_time = 0, check_constraint_checks = 1 */",
};

struct Parameters {
  std::string socket;
  std::string ssl_mode = "preferred";
  std::string ssl_ca;
  std::string ssl_cert;
  std::string ssl_key;
  std::string defaults_file;
  bool compress = false;
  unsigned int connect_seconds = kConnectSecondsDefault;
};

std::unexpected<Error> wrong_parameter(const Location& location, const std::string& text,
                                       const std::string& hint) {
  return fail(Error(ErrorKind::kInvalid, fmt::format("{} of \"{}\"", text, location.display()))
                  .about(location.display())
                  .advise(hint));
}

Status take_parameter(const Location& location, const std::string& name, const std::string& value,
                      Parameters& out) {
  static constexpr std::array<std::string_view, 5> kModes = {"disabled", "preferred", "required",
                                                             "verify_ca", "verify_identity"};
  if (name == "socket") out.socket = value;
  if (name == "ssl_ca") out.ssl_ca = value;
  if (name == "ssl_cert") out.ssl_cert = value;
  if (name == "ssl_key") out.ssl_key = value;
  if (name == "defaults_file") out.defaults_file = value;
  if (name == "compress") out.compress = value == "1" || value == "true";
  if (name == "ssl_mode") {
    out.ssl_mode = to_lower(value);
    if (std::find(kModes.begin(), kModes.end(), out.ssl_mode) == kModes.end()) {
      return wrong_parameter(location, fmt::format("ssl_mode \"{}\" is not known", value),
                             fmt::format("known are {}", fmt::join(kModes, ", ")));
    }
  }
  if (name == "connect_timeout") {
    const auto [end, code] =
        std::from_chars(value.data(), value.data() + value.size(), out.connect_seconds);
    if (code != std::errc() || end != value.data() + value.size() || out.connect_seconds == 0) {
      return wrong_parameter(location, fmt::format("connect_timeout \"{}\" is no number", value),
                             "give whole seconds");
    }
  }
  return {};
}

Result<Parameters> parameters_of(const Location& location) {
  Parameters out;
  if (location.host.starts_with('/')) out.socket = location.host;
  for (const auto& [given, value] : location.parameters) {
    std::string name = replace_all(to_lower(given), "-", "_");
    if (name == "sslmode") name = "ssl_mode";
    if (std::find(kParameters.begin(), kParameters.end(), name) == kParameters.end()) {
      return wrong_parameter(location, fmt::format("parameter \"{}\" is not known", given),
                             fmt::format("known are {}", fmt::join(kParameters, ", ")));
    }
    TRY(take_parameter(location, name, value, out));
  }
  return out;
}

void set_option(MYSQL* handle, enum mysql_option option, const std::string& value) {
  if (!value.empty()) mysql_options(handle, option, value.c_str());
}

void set_options(MYSQL* handle, const Parameters& parameters, bool password_known) {
  const unsigned int local = 1;
  const my_bool on = 1;
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &parameters.connect_seconds);
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &local);
  mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &kPacketBytesMax);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (parameters.compress) mysql_options(handle, MYSQL_OPT_COMPRESS, nullptr);
  set_option(handle, MYSQL_OPT_SSL_CA, parameters.ssl_ca);
  set_option(handle, MYSQL_OPT_SSL_CERT, parameters.ssl_cert);
  set_option(handle, MYSQL_OPT_SSL_KEY, parameters.ssl_key);
  if (parameters.ssl_mode != "disabled" && parameters.ssl_mode != "preferred") {
    mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
  }
  if (parameters.ssl_mode.starts_with("verify")) {
    mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
  }
  if (!parameters.defaults_file.empty()) {
    mysql_options(handle, MYSQL_READ_DEFAULT_FILE, parameters.defaults_file.c_str());
  }
  if (!parameters.defaults_file.empty() || !password_known) {
    mysql_options(handle, MYSQL_READ_DEFAULT_GROUP, "client");
  }
}

int begin_bytes(void** state, const char* /*file_name*/, void* bytes) {
  *state = bytes;
  return 0;
}

int read_bytes(void* state, char* buffer, unsigned int size) {
  auto* bytes = static_cast<LocalBytes*>(state);
  const std::size_t count = std::min<std::size_t>(size, bytes->left.size());
  std::memcpy(buffer, bytes->left.data(), count);
  bytes->left.remove_prefix(count);
  return static_cast<int>(count);
}

void end_bytes(void* /*state*/) {}

int no_bytes_error(void* /*state*/, char* message, unsigned int size) {
  if (size > 0) message[0] = '\0';
  return 0;
}

Status check_server(const Connection& connection, const std::string& where) {
  const unsigned long version = connection.server_version();
  const bool mariadb = connection.is_mariadb();
  const unsigned long wanted = mariadb ? kMariaDbVersionMin : kMySqlVersionMin;
  if (version >= wanted) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("{} is {} {}.{}, at least {}.{} is needed", where,
                                mariadb ? "MariaDB" : "MySQL", version / 10000, version / 100 % 100,
                                wanted / 10000, wanted / 100 % 100))
                  .about(where));
}

// Returns: false at the end, or after an error.
bool fetch(MYSQL_RES* result, Rows::Row& out) {
  const MYSQL_ROW row = mysql_fetch_row(result);
  if (row == nullptr) return false;
  const unsigned long* lengths = mysql_fetch_lengths(result);
  out.resize(mysql_num_fields(result));
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (row[i] == nullptr) {
      out[i].reset();
    } else {
      out[i].emplace(row[i], lengths[i]);
    }
  }
  return true;
}

}  // namespace

std::int64_t Rows::number(int row, int column) const {
  const std::string value = text(row, column);
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

Result<Connection> Connection::open(const Location& location) {
  TRY_ASSIGN(const Parameters parameters, parameters_of(location));
  const std::string where = location.display();
  if (location.database.empty()) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}\" names no database", where))
                    .about(where)
                    .advise("write mysql://USER@HOST:PORT/DATABASE"));
  }
  Connection out;
  out.handle_ = UniqueHandle<MYSQL*, mysql_close>(mysql_init(nullptr));
  if (!out.handle_) return fail(ErrorKind::kLimit, "no memory for a connection");
  out.bytes_ = std::make_unique<LocalBytes>();
  const char* inherited = std::getenv("MYSQL_PWD");
  const bool typed = !location.password.empty();
  set_options(out.raw(), parameters, typed || inherited != nullptr);
  mysql_set_local_infile_handler(out.raw(), begin_bytes, read_bytes, end_bytes, no_bytes_error,
                                 out.bytes_.get());
  const bool by_socket = !parameters.socket.empty();
  // The library takes "localhost" for the default socket, whatever the port.
  const unsigned int tcp = MYSQL_PROTOCOL_TCP;
  if (!by_socket && location.port != 0) mysql_options(out.raw(), MYSQL_OPT_PROTOCOL, &tcp);
  const std::string host = location.host.empty() ? "127.0.0.1" : location.host;
  const MYSQL* connected = mysql_real_connect(
      out.raw(), by_socket ? nullptr : host.c_str(),
      location.user.empty() ? nullptr : location.user.c_str(),
      typed ? location.password.reveal().c_str() : inherited, location.database.c_str(),
      static_cast<unsigned int>(location.port), by_socket ? parameters.socket.c_str() : nullptr, 0);
  if (connected == nullptr) return fail(connect_error(out.raw(), where));
  // The library goes on without TLS where the server has none.
  const bool wants_tls = parameters.ssl_mode != "disabled" && parameters.ssl_mode != "preferred";
  if (wants_tls && mysql_get_ssl_cipher(out.raw()) == nullptr) {
    return fail(
        Error(ErrorKind::kDenied, fmt::format("{}: the server offers no TLS, and ssl_mode is {}",
                                              where, parameters.ssl_mode))
            .about(where)
            .code("2026")
            .advise("give the server a certificate, or use ssl_mode=preferred"));
  }
  TRY(check_server(out, where));
  for (const char* setting : kSettings) TRY(out.execute(setting, "set up the session at " + where));
  return out;
}

bool Connection::is_mariadb() const {
  const char* info = mysql_get_server_info(raw());
  return info != nullptr && std::string_view(info).find("MariaDB") != std::string_view::npos;
}

Status Connection::execute(const std::string& sql, const std::string& doing) {
  if (mysql_real_query(raw(), sql.data(), sql.size()) != 0) {
    return fail(statement_error(raw(), doing));
  }
  // Some statements (ANALYZE TABLE) answer with rows.
  const UniqueHandle<MYSQL_RES*, mysql_free_result> result(mysql_store_result(raw()));
  if (mysql_errno(raw()) != 0) return fail(statement_error(raw(), doing));
  return {};
}

Result<Rows> Connection::query(std::string_view sql, const std::string& doing) {
  if (mysql_real_query(raw(), sql.data(), sql.size()) != 0) {
    return fail(statement_error(raw(), doing));
  }
  const UniqueHandle<MYSQL_RES*, mysql_free_result> result(mysql_store_result(raw()));
  if (mysql_errno(raw()) != 0) return fail(statement_error(raw(), doing));
  std::vector<Rows::Row> rows;
  if (!result) return Rows(std::move(rows));
  while (fetch(result.get(), rows.emplace_back())) {
  }
  rows.pop_back();
  return Rows(std::move(rows));
}

Status Connection::visit(std::string_view sql, const std::string& doing,
                         const std::function<Status(const Rows::Row&)>& visit) {
  if (mysql_real_query(raw(), sql.data(), sql.size()) != 0) {
    return fail(statement_error(raw(), doing));
  }
  // Freeing it reads what is left.
  const UniqueHandle<MYSQL_RES*, mysql_free_result> result(mysql_use_result(raw()));
  if (!result) return fail(statement_error(raw(), doing));
  Rows::Row row;
  while (fetch(result.get(), row)) TRY(visit(row));
  if (mysql_errno(raw()) != 0) return fail(statement_error(raw(), doing));
  return {};
}

Status Connection::commit(const std::string& doing) {
  crash_point();
  Status done = execute("COMMIT", doing);
  if (done) {
    crash_point();
    return {};
  }
  if (done.error().kind != ErrorKind::kTransient) return done;
  return fail(Error(ErrorKind::kTransient,
                    doing + ": the connection was lost during COMMIT, its outcome is unknown")
                  .code(done.error().vendor_code)
                  .advise("the target is asked before anything is repeated"));
}

Status Connection::load(const std::string& sql, std::string_view bytes, std::uint64_t rows,
                        const std::string& doing) {
  bytes_->left = bytes;
  TRY(execute(sql, doing));
  const std::uint64_t loaded = affected_rows();
  // LOCAL makes warnings of what would be errors: a duplicate, a value that was changed.
  if (mysql_warning_count(raw()) > 0) {
    TRY_ASSIGN(const Rows warnings, query("SHOW WARNINGS LIMIT 1", doing));
    if (warnings.size() > 0) {
      const auto code = static_cast<unsigned int>(warnings.number(0, 1));
      return fail(
          Error(kind_of_code(code), doing + ": " + warnings.text(0, 2)).code(std::to_string(code)));
    }
  }
  if (loaded == rows) return {};
  return fail(ErrorKind::kInternal,
              fmt::format("{}: the server took {} rows of {}", doing, loaded, rows));
}

}  // namespace sluice::mysql
