// MariaDB's and MySQL's error numbers to sluice's kinds of error: the only place that knows them.
// Texts of the server are shown, never looked into.
#pragma once

#include <mysql.h>

#include <string>

#include "base/error.h"

namespace sluice::mysql {

ErrorKind kind_of_code(unsigned int code);

// The error of a statement. `doing` is what failed, "copy chunk 3 of t".
Error statement_error(MYSQL* connection, const std::string& doing);
Error prepared_error(MYSQL_STMT* statement, const std::string& doing);

// The error of a connection that could not be made. `where` is the location without its password.
Error connect_error(MYSQL* connection, const std::string& where);

}  // namespace sluice::mysql
