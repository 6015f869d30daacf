#include "operations/s3_of_location.h"

#include "store/find_s3_settings.h"

namespace sluice {

Result<S3Settings> s3_settings_of(const Location& location, const Config& config) {
  TRY_ASSIGN(S3Wishes wishes, config.s3());
  wishes.endpoint = location.parameter("endpoint", wishes.endpoint);
  wishes.region = location.parameter("region", wishes.region);
  wishes.url_style = location.parameter("url_style", wishes.url_style);
  if (location.parameters.contains("profile")) {
    wishes.profile = location.parameter("profile", "");
    wishes.access_key_id.clear();
    wishes.secret_access_key = Secret();
    wishes.session_token = Secret();
  }
  return find_s3_settings(wishes, config.environment());
}

}  // namespace sluice
