#pragma once

#include <string>
#include <string_view>

namespace nf {

/// Checks the bytes of a SentencePiece model (sentencepiece_model.proto: a ModelProto in protobuf's
/// wire format) for what libsentencepiece trusts: that the message is complete, the pieces are text
/// with finite scores, the kind of model is a known one, and the table of the normalizer points to
/// nothing outside itself. A truncated file often is a valid message still, of fewer pieces: so the
/// trainer's and the normalizer's part, which come last, must be there.
///
/// Gives back the bytes to load: without the self test, which prints when it fails. `file` is the
/// name for messages: DataError "FILE: byte N: CAUSE".
std::string check_sentencepiece_file(std::string_view bytes, const std::string& file);

}  // namespace nf
