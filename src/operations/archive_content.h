// Private to operations/: what is in a place, and whether two places have the same.
#pragma once

#include <string>
#include <vector>

#include "backup/archive.h"
#include "endpoint/endpoint.h"
#include "migrate/ticker.h"
#include "operations/session.h"

namespace sluice {

// The tables of a place with the digests of all their rows.
Result<std::vector<ArchivedContent>> content_of(const Location& location, Engine& engine,
                                                const Sluice::Impl& impl, Ticker& ticker);
Result<std::vector<ArchivedContent>> content_of(ReadSession& session, Engine& engine,
                                                const Sluice::Impl& impl, Ticker& ticker);

// Errors: kMismatch names the first table that differs, with both numbers of rows.
Status check_same_content(const std::vector<ArchivedContent>& expected,
                          const std::vector<ArchivedContent>& found, const std::string& where);

}  // namespace sluice
