#include "client/postgres/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/secret.h"
#include "base/text.h"

// libpq 15 has no accessor for the SQLSTATE with which a server refuses a connection. Its verbose
// text has it as ":  28P01: ", whatever the language, so the code is read from there.

namespace sluice::postgres {
namespace {

constexpr std::size_t kStateSize = 5;

struct Row {
  std::string_view prefix;  // the first that fits decides
  ErrorKind kind;
};

constexpr std::array kRows = {
    Row{"08", ErrorKind::kTransient},         // connection exceptions
    Row{"0A", ErrorKind::kUnsupported},       // feature not supported
    Row{"22001", ErrorKind::kWouldLoseData},  // string too long
    Row{"22003", ErrorKind::kWouldLoseData},  // number out of range
    Row{"22007", ErrorKind::kWouldLoseData},  // datetime format
    Row{"22008", ErrorKind::kWouldLoseData},  // datetime out of range
    Row{"22015", ErrorKind::kWouldLoseData},  // interval out of range
    Row{"22021", ErrorKind::kWouldLoseData},  // character not in repertoire, NUL
    Row{"22026", ErrorKind::kWouldLoseData},  // bit string of another length
    Row{"22P02", ErrorKind::kWouldLoseData},  // text that is not of the type
    Row{"22P03", ErrorKind::kWouldLoseData},  // bytes that are not of the type
    Row{"22P05", ErrorKind::kWouldLoseData},  // character without a counterpart
    Row{"22", ErrorKind::kInvalid},
    Row{"23", ErrorKind::kConflict},      // constraints
    Row{"25006", ErrorKind::kDenied},     // read-only transaction: a standby
    Row{"25P03", ErrorKind::kTransient},  // idle-in-transaction timeout
    Row{"28", ErrorKind::kDenied},
    Row{"2BP01", ErrorKind::kConflict},  // other objects depend on it
    Row{"3D000", ErrorKind::kNotFound},  // database
    Row{"3F000", ErrorKind::kNotFound},  // schema
    Row{"40", ErrorKind::kTransient},    // serialization, deadlock, completion unknown
    Row{"42501", ErrorKind::kDenied},
    Row{"42P01", ErrorKind::kNotFound},  // table
    Row{"42703", ErrorKind::kNotFound},  // column
    Row{"42704", ErrorKind::kNotFound},  // type, role, ...
    Row{"42883", ErrorKind::kNotFound},  // function
    Row{"42P04", ErrorKind::kExists},
    Row{"42P06", ErrorKind::kExists},
    Row{"42P07", ErrorKind::kExists},
    Row{"42710", ErrorKind::kExists},
    Row{"42", ErrorKind::kInvalid},
    Row{"53300", ErrorKind::kTransient},  // too many connections
    Row{"53", ErrorKind::kLimit},         // disk full, out of memory
    Row{"54", ErrorKind::kLimit},
    Row{"55P03", ErrorKind::kConflict},  // lock not available
    Row{"55006", ErrorKind::kConflict},  // object in use
    Row{"57014", ErrorKind::kCancelled},
    Row{"57P", ErrorKind::kTransient},  // the server shuts down, crashes, starts
    Row{"58", ErrorKind::kTransient},   // the server's own input and output
    Row{"72", ErrorKind::kConflict},    // snapshot too old
    Row{"XX001", ErrorKind::kCorrupt},
    Row{"XX002", ErrorKind::kCorrupt},
};

bool is_state(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

std::string first_line(std::string_view text) {
  return std::string(trim(text.substr(0, text.find('\n'))));
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

// What to do about a connection that was refused with a code.
std::string connect_hint(ErrorKind kind) {
  if (kind == ErrorKind::kDenied) {
    return "give the password in PGPASSWORD, a pgpass file or sluice.toml, and check pg_hba.conf";
  }
  if (kind == ErrorKind::kNotFound) return "check host, port and database";
  return "";
}

}  // namespace

ErrorKind kind_of_sqlstate(std::string_view sqlstate) {
  for (const Row& row : kRows) {
    if (sqlstate.starts_with(row.prefix)) return row.kind;
  }
  return ErrorKind::kInternal;
}

Error statement_error(PGconn* connection, const PGresult* result, const std::string& doing) {
  const std::string state = field(result, PG_DIAG_SQLSTATE);
  if (state.empty() && PQstatus(connection) != CONNECTION_OK) {
    return Error(ErrorKind::kTransient, redact(fmt::format("{}: the connection was lost: {}", doing,
                                                           first_line(PQerrorMessage(connection)))))
        .code("08006");
  }
  std::string text = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (text.empty()) text = first_line(PQerrorMessage(connection));
  const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty()) text += " (" + first_line(detail) + ")";
  const std::string context = field(result, PG_DIAG_CONTEXT);
  if (context.starts_with("COPY ")) text += "; " + first_line(context);
  return Error(state.empty() ? ErrorKind::kInternal : kind_of_sqlstate(state),
               redact(doing + ": " + text))
      .code(state)
      .advise(redact(field(result, PG_DIAG_MESSAGE_HINT)));
}

std::string_view sqlstate_of_connect_text(std::string_view text) {
  std::string_view found;
  for (std::size_t at = text.find(":  "); at != std::string_view::npos;
       at = text.find(":  ", at + 1)) {
    const std::string_view state = text.substr(at + 3, kStateSize);
    if (state.size() == kStateSize && is_state(state) &&
        text.substr(at + 3 + kStateSize).starts_with(": ")) {
      found = state;  // of several hosts the last one's
    }
  }
  return found;
}

Error connect_error(PGconn* connection, PGPing ping, const std::string& where) {
  const std::string text = PQerrorMessage(connection);
  const std::string state(sqlstate_of_connect_text(text));
  std::string shown = first_line(text);
  ErrorKind kind = ErrorKind::kNotFound;
  if (!state.empty()) {
    kind = kind_of_sqlstate(state);
    shown = replace_all(shown, state + ": ", "");
  } else if (PQconnectionNeedsPassword(connection) != 0) {
    kind = ErrorKind::kDenied;
    shown = "the server asks for a password and none was given";
  } else if (ping == PQPING_REJECT) {
    kind = ErrorKind::kTransient;
  } else if (ping == PQPING_NO_ATTEMPT) {
    kind = ErrorKind::kInvalid;
  } else if (ping == PQPING_OK) {
    // It answers, but not to these parameters: SSL, channel binding or the password's method.
    kind = PQconnectionUsedPassword(connection) != 0 ? ErrorKind::kDenied : ErrorKind::kInvalid;
  }
  const std::string_view doing =
      kind == ErrorKind::kNotFound && state.empty() ? "is unreachable" : "refused the connection";
  return Error(kind, redact(fmt::format("{} {}: {}", where, doing, shown)))
      .about(where)
      .code(state)
      .advise(connect_hint(kind));
}

}  // namespace sluice::postgres
