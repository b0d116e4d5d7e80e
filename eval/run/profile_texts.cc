#include "eval/run/profile_texts.h"

namespace nf {

std::vector<ReadProfileText> read_profile_texts(const ExperimentConfig& config,
                                                const Decoder& decoder,
                                                std::optional<Index> windows) {
  std::vector<ReadProfileText> texts;
  for (const ProfileText& text : config.profile.texts) {
    WindowOptions options{.context = config.profile.context.value_or(config.data->context)};
    options.limit = config.profile.windows ? config.profile.windows : windows;
    texts.push_back(
        {text.name, text_data(read_windows(text.source(), options, decoder.checkpoint().dir(),
                                           decoder.spec()))});
  }
  return texts;
}

}  // namespace nf
