#include "store/open_store.h"

#include "model/s3_place.h"
#include "store/find_s3_settings.h"
#include "store/local_store.h"
#include "store/s3_store.h"

namespace sluice {

Result<std::shared_ptr<Store>> open_store(const std::string& place, const S3Settings& settings,
                                          const CancelToken* cancel) {
  if (!is_s3(place)) return std::make_shared<LocalStore>(place);
  TRY_ASSIGN(S3Place parsed, parse_s3(place));
  TRY(require_keys(settings, parsed.uri()));
  HttpLimits limits;
  limits.cancel = cancel;
  S3StoreOptions options;
  options.retry.cancel = cancel;
  return std::make_shared<S3Store>(settings, std::move(parsed), make_http_transport(limits),
                                   std::move(options));
}

}  // namespace sluice
