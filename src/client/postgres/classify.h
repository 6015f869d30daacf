// PostgreSQL's SQLSTATEs to sluice's kinds of error: the only place that knows them. Texts of the
// server and of libpq are shown, never looked into, with one exception that classify.cc explains.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::postgres {

ErrorKind kind_of_sqlstate(std::string_view sqlstate);

// The error of a statement. `doing` is what failed, "copy chunk 3 of public.t". A lost connection
// is kTransient with the vendor code 08006.
Error statement_error(PGconn* connection, const PGresult* result, const std::string& doing);

// The SQLSTATE in libpq's text of a failed connection; "" where the server did not answer with one.
// Requires: the connection was made with PQERRORS_VERBOSE, which puts it behind the severity.
std::string_view sqlstate_of_connect_text(std::string_view text);

// The error of a connection that could not be made. `where` is the location without its password.
Error connect_error(PGconn* connection, PGPing ping, const std::string& where);

}  // namespace sluice::postgres
