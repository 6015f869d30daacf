#include "store/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;  // S3's

}  // namespace

Result<ListPage> list_all(Store& store, ListRequest request) {
  ListPage all;
  do {
    TRY_ASSIGN(ListPage page, store.list(request));
    std::ranges::move(page.objects, std::back_inserter(all.objects));
    std::ranges::move(page.folders, std::back_inserter(all.folders));
    if (!page.continuation.empty() && page.continuation == request.continuation) {
      return fail(Error(ErrorKind::kCorrupt,
                        fmt::format("the list of \"{}\" does not end: a page names itself as the "
                                    "next one",
                                    store.address(request.prefix)))
                      .about(store.address(request.prefix)));
    }
    request.continuation = std::move(page.continuation);
  } while (!request.continuation.empty());
  // A server that walks folders gives "a/b" before "a-b".
  std::ranges::sort(all.objects, {}, &ObjectInfo::key);
  std::ranges::sort(all.folders);
  return all;
}

Status check_key(const Store& store, std::string_view key) {
  const auto refuse = [&](std::string_view why) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("\"{}\" is no name of an object: {}", store.address(key), why))
                    .about(store.address(key)));
  };
  if (key.size() > kKeyBytesMax) {
    return refuse(fmt::format("{} bytes, at most {}", key.size(), kKeyBytesMax));
  }
  if (key.find('\0') != std::string_view::npos) return refuse("it has a NUL byte");
  for (const std::string& part : split(key, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return refuse(fmt::format("it has the part \"{}\"", part));
    }
  }
  return {};
}

}  // namespace sluice
