#include "endpoint/reach_files.h"

#include <fmt/format.h>

#include "engine/s3_secret.h"
#include "store/find_s3_settings.h"
#include "store/open_store.h"
#include "store/store_files.h"

namespace sluice {
namespace {

// For people too: it stands in an error.
std::string origin_of(const S3Settings& settings) {
  return fmt::format("{}, region {}, key {}",
                     settings.endpoint.empty() ? "Amazon" : settings.endpoint, settings.region,
                     settings.access_key_id);
}

Status reach(const S3Place& place, const S3Settings& settings, Engine& engine) {
  TRY_ASSIGN(auto store, open_store(place.uri(), settings, engine.cancel_token()));
  TRY(engine.add_files(place.uri(), origin_of(settings),
                       files_of_store(std::move(store), place.uri(), engine.cancel_token())));
  return allow_s3(engine, place, settings);
}

}  // namespace

Status reach_files(const std::string& path, const Location& location, Engine& engine) {
  if (!is_remote_path(path)) return {};
  if (!is_s3(path)) {
    return fail(
        Error(ErrorKind::kUnsupported, fmt::format("\"{}\" is neither a folder nor on S3", path))
            .about(path)
            .code("place")
            .advise("files are read from folders and from s3://BUCKET/PREFIX"));
  }
  TRY_ASSIGN(S3Place place, parse_s3(path));
  TRY_ASSIGN(const S3Settings settings, location.s3 ? location.s3() : S3Settings());
  TRY(require_keys(settings, place.uri()));
  TRY(reach(place, settings, engine));
  place.prefix.clear();
  // Another location may have its own way to the bucket.
  if (&engine.files_of(place.uri()) != &unreached_files()) return {};
  return reach(place, settings, engine);
}

Status check_access_wish(bool is_asked, const std::string& folder) {
  if (!is_asked || !is_remote_path(folder)) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("files in \"{}\" have no owner, group and mode", folder))
                  .about(folder)
                  .code("access")
                  .advise("leave --owner, --file-mode and --dir-mode away; who reads a bucket is "
                          "said by its policy"));
}

}  // namespace sluice
