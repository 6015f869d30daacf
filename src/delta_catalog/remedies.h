// Errors of the `catalog` commands whose cause lies outside of sluice, with what helps: the
// connection, rights, space.
#pragma once

#include "base/error.h"
#include "base/result.h"
#include "model/location.h"

namespace sluice {

// An error of opening the database of a catalog.
Error with_connection_remedy(Error error, const Location& catalog);

// Any other error: says of missing rights and of full disks what they are and what to do.
Error with_remedy(Error error);

template <typename T>
Result<T> with_remedy(Result<T> result) {
  if (result) return result;
  return fail(with_remedy(std::move(result.error())));
}

}  // namespace sluice
