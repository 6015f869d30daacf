// What S3's answers say: pages of a list, and the facts of an object in its headers.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/http.h"
#include "store/store.h"

namespace sluice {

// A ListBucketResult (list v2). Keys come without `root`, which is "" or ends in /. A key that is
// root itself, or ends in / and has no bytes, stands for a folder and is left out.
// Errors: kCorrupt.
Result<ListPage> parse_list(const std::string& xml, const std::string& root);

// Of a HEAD or GET. Errors: kCorrupt where there is no size.
Result<ObjectInfo> info_of_headers(const HttpResponse& response, const std::string& key);

// The etag without its quotes.
std::string etag_of(std::string_view header);

}  // namespace sluice
