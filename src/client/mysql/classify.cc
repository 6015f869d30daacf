#include "client/mysql/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/secret.h"

namespace sluice::mysql {
namespace {

struct Row {
  unsigned int code;
  ErrorKind kind;
};

// mysqld_error.h and errmsg.h; sorted, for people.
constexpr std::array kRows = {
    Row{1005, ErrorKind::kConflict},       // cannot create table: a foreign key does not fit
    Row{1020, ErrorKind::kTransient},      // record has changed since last read
    Row{1021, ErrorKind::kLimit},          // disk full
    Row{1025, ErrorKind::kConflict},       // error on rename
    Row{1026, ErrorKind::kLimit},          // error writing file
    Row{1030, ErrorKind::kLimit},          // error from the storage engine
    Row{1034, ErrorKind::kCorrupt},        // incorrect key file
    Row{1035, ErrorKind::kCorrupt},        // old key file
    Row{1037, ErrorKind::kLimit},          // out of memory
    Row{1038, ErrorKind::kLimit},          // out of sort memory
    Row{1040, ErrorKind::kTransient},      // too many connections
    Row{1041, ErrorKind::kLimit},          // out of memory
    Row{1044, ErrorKind::kDenied},         // to the database
    Row{1045, ErrorKind::kDenied},         // user or password
    Row{1048, ErrorKind::kConflict},       // NULL in a column that takes none
    Row{1049, ErrorKind::kNotFound},       // database
    Row{1050, ErrorKind::kExists},         // table
    Row{1051, ErrorKind::kNotFound},       // table
    Row{1053, ErrorKind::kTransient},      // server shutdown
    Row{1054, ErrorKind::kNotFound},       // column
    Row{1061, ErrorKind::kExists},         // key name
    Row{1062, ErrorKind::kConflict},       // duplicate entry
    Row{1069, ErrorKind::kLimit},          // too many keys
    Row{1071, ErrorKind::kLimit},          // key too long
    Row{1074, ErrorKind::kLimit},          // column too long
    Row{1079, ErrorKind::kTransient},      // normal shutdown
    Row{1114, ErrorKind::kLimit},          // table is full
    Row{1115, ErrorKind::kUnsupported},    // character set
    Row{1117, ErrorKind::kLimit},          // too many columns
    Row{1118, ErrorKind::kLimit},          // row size
    Row{1129, ErrorKind::kDenied},         // host is blocked
    Row{1130, ErrorKind::kDenied},         // host is not allowed
    Row{1131, ErrorKind::kDenied},         // anonymous user
    Row{1142, ErrorKind::kDenied},         // command on a table
    Row{1143, ErrorKind::kDenied},         // command on a column
    Row{1146, ErrorKind::kNotFound},       // table
    Row{1148, ErrorKind::kDenied},         // LOCAL INFILE is switched off
    Row{1152, ErrorKind::kTransient},      // aborted connection
    Row{1153, ErrorKind::kLimit},          // packet larger than max_allowed_packet
    Row{1158, ErrorKind::kTransient},      // network: read error
    Row{1159, ErrorKind::kTransient},      // network: read timeout
    Row{1160, ErrorKind::kTransient},      // network: write error
    Row{1161, ErrorKind::kTransient},      // network: write timeout
    Row{1162, ErrorKind::kLimit},          // result longer than max_allowed_packet
    Row{1184, ErrorKind::kTransient},      // aborted connection
    Row{1194, ErrorKind::kCorrupt},        // table is marked as crashed
    Row{1195, ErrorKind::kCorrupt},        // the same, repair failed
    Row{1203, ErrorKind::kTransient},      // too many connections of this user
    Row{1205, ErrorKind::kConflict},       // lock wait timeout
    Row{1206, ErrorKind::kLimit},          // too many locks
    Row{1213, ErrorKind::kTransient},      // deadlock
    Row{1216, ErrorKind::kConflict},       // foreign key
    Row{1217, ErrorKind::kConflict},       // foreign key
    Row{1227, ErrorKind::kDenied},         // a privilege is needed
    Row{1235, ErrorKind::kUnsupported},    // not supported yet
    Row{1261, ErrorKind::kInternal},       // a row with too few fields
    Row{1262, ErrorKind::kInternal},       // a row with too many fields
    Row{1264, ErrorKind::kWouldLoseData},  // number out of range
    Row{1265, ErrorKind::kWouldLoseData},  // data truncated
    Row{1273, ErrorKind::kUnsupported},    // collation
    Row{1290, ErrorKind::kDenied},         // an option of the server forbids it (read only)
    Row{1292, ErrorKind::kWouldLoseData},  // incorrect value
    Row{1300, ErrorKind::kWouldLoseData},  // invalid character string
    Row{1301, ErrorKind::kLimit},          // value larger than max_allowed_packet
    Row{1317, ErrorKind::kCancelled},      // query interrupted
    Row{1366, ErrorKind::kWouldLoseData},  // incorrect value
    Row{1370, ErrorKind::kDenied},         // routine
    Row{1396, ErrorKind::kDenied},         // operation on a user
    Row{1406, ErrorKind::kWouldLoseData},  // data too long
    Row{1411, ErrorKind::kWouldLoseData},  // incorrect value of a function
    Row{1412, ErrorKind::kConflict},       // table definition has changed
    Row{1416, ErrorKind::kWouldLoseData},  // not a geometry
    Row{1451, ErrorKind::kConflict},       // foreign key: the parent is in use
    Row{1452, ErrorKind::kConflict},       // foreign key: there is no parent
    Row{1524, ErrorKind::kUnsupported},    // plugin
    Row{1559, ErrorKind::kConflict},       // foreign key
    Row{1586, ErrorKind::kConflict},       // duplicate entry
    Row{1690, ErrorKind::kWouldLoseData},  // number out of range
    Row{1698, ErrorKind::kDenied},         // no password
    Row{1709, ErrorKind::kLimit},          // index column too long
    Row{1813, ErrorKind::kConflict},       // tablespace exists
    Row{1820, ErrorKind::kDenied},         // password must be changed
    Row{1826, ErrorKind::kExists},         // foreign key name
    Row{1836, ErrorKind::kDenied},         // read only
    Row{1862, ErrorKind::kDenied},         // password expired
    Row{1927, ErrorKind::kTransient},      // connection was killed
    Row{1969, ErrorKind::kTransient},      // max_statement_time
    Row{2002, ErrorKind::kNotFound},       // socket
    Row{2003, ErrorKind::kNotFound},       // host and port
    Row{2005, ErrorKind::kNotFound},       // unknown host
    Row{2006, ErrorKind::kTransient},      // server has gone away
    Row{2008, ErrorKind::kLimit},          // client out of memory
    Row{2013, ErrorKind::kTransient},      // lost connection
    Row{2020, ErrorKind::kLimit},          // packet larger than the client takes
    Row{2026, ErrorKind::kDenied},         // TLS
    Row{2055, ErrorKind::kTransient},      // lost connection
    Row{2058, ErrorKind::kUnsupported},    // plugin of the client
    Row{2059, ErrorKind::kUnsupported},    // authentication plugin of the client
    Row{3024, ErrorKind::kTransient},      // max_execution_time
    Row{3105, ErrorKind::kInvalid},        // value for a generated column
    Row{3819, ErrorKind::kConflict},       // check constraint (MySQL)
    Row{3948, ErrorKind::kDenied},         // LOCAL INFILE is switched off (MySQL)
    Row{4025, ErrorKind::kConflict},       // check constraint
    Row{4035, ErrorKind::kWouldLoseData},  // JSON: a character
    Row{4036, ErrorKind::kWouldLoseData},  // JSON: a character outside of strings
    Row{4037, ErrorKind::kWouldLoseData},  // JSON: an end too early
    Row{4038, ErrorKind::kWouldLoseData},  // JSON: syntax
    Row{4039, ErrorKind::kWouldLoseData},  // JSON: an escape
    Row{4040, ErrorKind::kWouldLoseData},  // JSON: too deep
    Row{4151, ErrorKind::kDenied},         // authentication plugin
    Row{4166, ErrorKind::kDenied},         // LOCAL INFILE is switched off
};

Error error_of(unsigned int code, const char* text, const std::string& doing) {
  return Error(kind_of_code(code), redact(fmt::format("{}: {}", doing, text)))
      .code(std::to_string(code));
}

std::string connect_hint(ErrorKind kind, unsigned int code) {
  static constexpr unsigned int kTls = 2026;
  if (code == kTls) return "check ?ssl_mode=, ?ssl_ca= and the server's certificate";
  if (kind == ErrorKind::kDenied) {
    return "give the password in MYSQL_PWD, a my.cnf file or sluice.toml, and check the user's "
           "grants";
  }
  if (kind == ErrorKind::kNotFound) return "check host, port and database";
  if (kind == ErrorKind::kUnsupported) {
    return "give the user mysql_native_password, or put the client's plugin where it looks";
  }
  return "";
}

}  // namespace

ErrorKind kind_of_code(unsigned int code) {
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.code == code; });
  if (row != kRows.end()) return row->kind;
  // Of the server's codes most speak of a statement that it does not take.
  return code >= 1000 && code < 2000 ? ErrorKind::kInvalid : ErrorKind::kInternal;
}

Error statement_error(MYSQL* connection, const std::string& doing) {
  return error_of(mysql_errno(connection), mysql_error(connection), doing);
}

Error prepared_error(MYSQL_STMT* statement, const std::string& doing) {
  return error_of(mysql_stmt_errno(statement), mysql_stmt_error(statement), doing);
}

Error connect_error(MYSQL* connection, const std::string& where) {
  static constexpr unsigned int kUnknownDatabase = 1049;
  const unsigned int code = mysql_errno(connection);
  ErrorKind kind = kind_of_code(code);
  // Lost before the server said anything: nothing that a retry of a statement would mend.
  if (code == 2006 || code == 2013) kind = ErrorKind::kNotFound;
  const bool unreachable = kind == ErrorKind::kNotFound && code != kUnknownDatabase;
  return Error(kind, redact(fmt::format("{} {}: {}", where,
                                        unreachable ? "is unreachable" : "refused the connection",
                                        mysql_error(connection))))
      .about(where)
      .code(std::to_string(code))
      .advise(connect_hint(kind, code));
}

}  // namespace sluice::mysql
