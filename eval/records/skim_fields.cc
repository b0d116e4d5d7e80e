#include "eval/records/skim_fields.h"

#include "core/base/error.h"
#include "core/io/read_json.h"

namespace nf {

Json read_object(JsonCursor& cursor) {
  const std::string_view text = cursor.skip();
  if (cursor.failed()) return {};
  try {
    Json json = parse_json(text, "");
    if (!json.is_object()) cursor.fail();
    return json;
  } catch (const DataError&) {
    cursor.fail();
    return {};
  }
}

}  // namespace nf
