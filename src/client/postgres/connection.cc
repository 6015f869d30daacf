#include "client/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "base/crash_point.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/postgres/classify.h"

namespace sluice::postgres {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kConnectSecondsDefault = 15;

// Parameters of a location that libpq is given as they are.
constexpr std::array<std::string_view, 14> kPassedOn = {"sslmode",
                                                        "sslcert",
                                                        "sslkey",
                                                        "sslrootcert",
                                                        "sslcrl",
                                                        "gssencmode",
                                                        "channel_binding",
                                                        "passfile",
                                                        "service",
                                                        "connect_timeout",
                                                        "keepalives",
                                                        "keepalives_idle",
                                                        "target_session_attrs",
                                                        "hostaddr"};

// One round trip after the start, not start-up options, which connection poolers refuse.
constexpr const char* kSettings =
    "SET client_min_messages = error; SET search_path = ''; SET TimeZone = 'UTC';"
    "SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = 3;"
    "SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET row_security = off;"
    "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = 0;"
    "SET xmloption = content; SET jit = off; SET synchronize_seqscans = off";

struct Parameters {
  std::vector<std::pair<std::string, std::string>> pairs;

  void add(std::string name, std::string value) {
    if (!value.empty()) pairs.emplace_back(std::move(name), std::move(value));
  }
  // Null-terminated arrays of libpq, valid as long as this is.
  std::pair<std::vector<const char*>, std::vector<const char*>> arrays() const {
    std::pair<std::vector<const char*>, std::vector<const char*>> out;
    for (const auto& [name, value] : pairs) {
      out.first.push_back(name.c_str());
      out.second.push_back(value.c_str());
    }
    out.first.push_back(nullptr);
    out.second.push_back(nullptr);
    return out;
  }
};

bool is_passed_on(std::string_view name) {
  return std::find(kPassedOn.begin(), kPassedOn.end(), name) != kPassedOn.end();
}

Result<Parameters> parameters_of(const Location& location) {
  Parameters out;
  out.add("host", location.host);
  out.add("port", location.port == 0 ? "" : std::to_string(location.port));
  out.add("dbname", location.database);
  out.add("user", location.user);
  out.add("password", location.password.reveal());
  out.add("client_encoding", "UTF8");
  out.add("application_name", "sluice");
  for (const auto& [name, value] : location.parameters) {
    if (name == "schema") continue;
    if (!is_passed_on(name)) {
      return fail(
          Error(ErrorKind::kInvalid,
                fmt::format("parameter \"{}\" of \"{}\" is not known", name, location.display()))
              .about(location.display())
              .advise("known are schema, " + fmt::format("{}", fmt::join(kPassedOn, ", "))));
    }
    out.add(name, value);
  }
  if (location.parameters.count("connect_timeout") == 0) {
    out.add("connect_timeout", std::to_string(kConnectSecondsDefault));
  }
  return out;
}

int timeout_seconds(const Location& location) {
  int seconds = kConnectSecondsDefault;
  const std::string text = location.parameter("connect_timeout", "");
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return seconds > 0 ? seconds : kConnectSecondsDefault;
}

// Drives libpq's own state machine, because verbosity has to be set before the server answers.
// Returns: false at the end of the time.
bool finish_connecting(PGconn* connection, Clock::time_point deadline) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    const auto events = static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT);
    pollfd waiting{PQsocket(connection), events, 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) == 0) return false;
    state = PQconnectPoll(connection);
  }
  return true;
}

void drop_notice(void* /*context*/, const PGresult* /*notice*/) {}

Status check_result(PGconn* connection, const PGresult* result, const std::string& doing) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
    return {};
  }
  return fail(statement_error(connection, result, doing));
}

}  // namespace

std::int64_t Rows::number(int row, int column) const {
  const std::string_view cell = PQgetvalue(handle_.get(), row, column);
  std::int64_t value = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return value;
}

Result<Connection> Connection::open(const Location& location) {
  TRY_ASSIGN(const Parameters parameters, parameters_of(location));
  const auto [names, values] = parameters.arrays();
  const std::string where = location.display();
  const auto deadline = Clock::now() + std::chrono::seconds(timeout_seconds(location));
  Connection out;
  out.handle_ =
      UniqueHandle<PGconn*, PQfinish>(PQconnectStartParams(names.data(), values.data(), 0));
  if (!out.handle_) return fail(ErrorKind::kLimit, "no memory for a connection");
  if (PQstatus(out.raw()) != CONNECTION_BAD) {
    PQsetErrorVerbosity(out.raw(), PQERRORS_VERBOSE);
    if (!finish_connecting(out.raw(), deadline)) {
      return fail(Error(ErrorKind::kNotFound, fmt::format("{} is unreachable: no answer in {} s",
                                                          where, timeout_seconds(location)))
                      .about(where)
                      .advise("check host and port, or give ?connect_timeout="));
    }
  }
  if (PQstatus(out.raw()) != CONNECTION_OK) {
    const bool answered = !sqlstate_of_connect_text(PQerrorMessage(out.raw())).empty() ||
                          PQconnectionNeedsPassword(out.raw()) != 0;
    const PGPing ping = answered ? PQPING_OK : PQpingParams(names.data(), values.data(), 0);
    return fail(connect_error(out.raw(), ping, where));
  }
  PQsetErrorVerbosity(out.raw(), PQERRORS_DEFAULT);
  PQsetNoticeReceiver(out.raw(), drop_notice, nullptr);
  if (out.server_version() < kServerVersionMin) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("{} is PostgreSQL {}, at least {} is needed", where,
                                  out.server_version() / 10000, kServerVersionMin / 10000))
                    .about(where));
  }
  TRY(out.execute(kSettings, "set up the session at " + where));
  return out;
}

bool Connection::unchecked_encoding() const {
  const char* encoding = PQparameterStatus(raw(), "server_encoding");
  return encoding != nullptr && std::string_view(encoding) == "SQL_ASCII";
}

Status Connection::execute(const std::string& sql, const std::string& doing) {
  const ResultHandle result(PQexec(raw(), sql.c_str()));
  return check_result(raw(), result.get(), doing);
}

Result<Rows> Connection::query(std::string_view sql, const std::string& doing,
                               const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  ResultHandle result(PQexecParams(raw(), std::string(sql).c_str(), static_cast<int>(values.size()),
                                   nullptr, values.data(), nullptr, nullptr, 0));
  TRY(check_result(raw(), result.get(), doing));
  return Rows(std::move(result));
}

Status Connection::commit(const std::string& doing) {
  crash_point();
  const ResultHandle result(PQexec(raw(), "COMMIT"));
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
    crash_point();
    if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return {};
    return fail(ErrorKind::kInternal, doing + ": the server rolled back a failed transaction");
  }
  Error error = statement_error(raw(), result.get(), doing);
  if (PQstatus(raw()) != CONNECTION_OK) {
    return fail(Error(ErrorKind::kTransient,
                      doing + ": the connection was lost during COMMIT, its outcome is unknown")
                    .code("08007")
                    .advise("the target is asked before anything is repeated"));
  }
  return fail(std::move(error));
}

Status Connection::start_copy(const std::string& sql, const std::string& doing) {
  const ResultHandle result(PQexec(raw(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return {};
  return fail(statement_error(raw(), result.get(), doing));
}

Result<std::optional<std::string_view>> Connection::copy_message(const std::string& doing) {
  char* bytes = nullptr;
  const int size = PQgetCopyData(raw(), &bytes, 0);
  message_.reset(bytes);
  if (size > 0) return std::string_view(bytes, static_cast<std::size_t>(size));
  // -1: the end, or an error of the server, which the result then has.
  const ResultHandle result(PQgetResult(raw()));
  TRY(check_result(raw(), result.get(), doing));
  if (size != -1) return fail(statement_error(raw(), nullptr, doing));
  while (const ResultHandle rest{PQgetResult(raw())}) {
  }
  return std::nullopt;
}

Status Connection::send_copy(std::string_view bytes, const std::string& doing) {
  if (PQputCopyData(raw(), bytes.data(), static_cast<int>(bytes.size())) == 1) return {};
  // The server may have said why before it hung up.
  const ResultHandle result(PQgetResult(raw()));
  return fail(statement_error(raw(), result.get(), doing));
}

Status Connection::end_copy(const std::string& doing) {
  if (PQputCopyEnd(raw(), nullptr) != 1) return fail(statement_error(raw(), nullptr, doing));
  const ResultHandle result(PQgetResult(raw()));
  TRY(check_result(raw(), result.get(), doing));
  while (const ResultHandle rest{PQgetResult(raw())}) {
  }
  return {};
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string out = "{";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    out += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

}  // namespace sluice::postgres
