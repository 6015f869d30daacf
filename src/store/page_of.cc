#include "store/page_of.h"

#include <algorithm>

namespace sluice {

ListPage page_of(const std::map<std::string, ObjectInfo>& objects, const ListRequest& request) {
  ListPage page;
  const std::string& behind = std::max(request.start_after, request.continuation);
  std::string last;
  for (auto at = objects.lower_bound(request.prefix); at != objects.end(); ++at) {
    const std::string& key = at->first;
    if (!key.starts_with(request.prefix)) break;
    const std::size_t slash = request.shallow ? key.find('/', request.prefix.size()) : key.npos;
    const std::string entry = slash == key.npos ? key : key.substr(0, slash + 1);
    // A folder that was given is before its own keys.
    if (entry <= behind || entry == last) continue;
    if (request.keys_max != 0 && page.objects.size() + page.folders.size() == request.keys_max) {
      page.continuation = last;
      break;
    }
    last = entry;
    if (slash == key.npos) {
      page.objects.push_back(at->second);
    } else {
      page.folders.push_back(entry);
    }
  }
  return page;
}

}  // namespace sluice
