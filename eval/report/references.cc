#include "eval/report/references.h"

#include <fmt/format.h>

#include <algorithm>

namespace nf {
namespace {

/// Whether an entry has the key with that word as its value, or as the one key of its value.
bool says(const Json& entry, const char* key, const char* word) {
  const auto found = entry.find(key);
  if (found == entry.end()) return false;
  return found->is_string() ? *found == word : found->is_object() && found->contains(word);
}

struct KnownReference {
  Reference reference;
  bool (*rests_on)(const Json& entry);
};

const KnownReference kReferences[] = {
    {{"gong2024lens",
      "What Makes Quantization for Large Language Models Hard? An Empirical Study from the Lens of "
      "Perturbation",
      "Gong, Zhuocheng and Liu, Jiahao and Wang, Jingang and Cai, Xunliang and Zhao, Dongyan and "
      "Yan, Rui",
      "2024", "2403.06408"},
     [](const Json&) { return true; }},
    {{"paglieri2024outliers",
      "Outliers and Calibration Sets have Diminishing Effect on Quantization of Modern {LLM}s",
      "Paglieri, Davide and Dash, Saurabh and Rockt{\\\"a}schel, Tim and Parker-Holder, Jack",
      "2024", "2405.20835"},
     [](const Json& entry) { return entry.contains("calibration"); }},
    {{"heo2023adadim",
      "Rethinking Channel Dimensions to Isolate Outliers for Low-bit Weight Quantization of Large "
      "Language Models",
      "Heo, Jung Hwan and Kim, Jeonghoon and Kwon, Beomseok and Kim, Byeongwook and Kwon, Se Jung "
      "and Lee, Dongsoo",
      "2023", "2309.15531"},
     [](const Json& entry) { return says(entry, "granularity", "adaptive"); }},
    {{"frantar2022gptq",
      "{GPTQ}: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
      "Frantar, Elias and Ashkboos, Saleh and Hoefler, Torsten and Alistarh, Dan", "2022",
      "2210.17323"},
     [](const Json& entry) { return says(entry, "method", "gptq"); }},
    {{"lin2023awq",
      "{AWQ}: Activation-aware Weight Quantization for {LLM} Compression and Acceleration",
      "Lin, Ji and Tang, Jiaming and Tang, Haotian and Yang, Shang and Chen, Wei-Ming and Wang, "
      "Wei-Chen and Xiao, Guangxuan and Dang, Xingyu and Gan, Chuang and Han, Song",
      "2023", "2306.00978"},
     [](const Json& entry) {
       return says(entry, "channel_scale", "awq") || says(entry, "range", "awq");
     }},
    {{"xiao2022smoothquant",
      "{SmoothQuant}: Accurate and Efficient Post-Training Quantization for Large Language Models",
      "Xiao, Guangxuan and Lin, Ji and Seznec, Mickael and Wu, Hao and Demouth, Julien and Han, "
      "Song",
      "2022", "2211.10438"},
     [](const Json& entry) { return says(entry, "channel_scale", "smoothquant"); }},
    {{"dettmers2022int8", "{LLM.int8()}: 8-bit Matrix Multiplication for Transformers at Scale",
      "Dettmers, Tim and Lewis, Mike and Belkada, Younes and Zettlemoyer, Luke", "2022",
      "2208.07339"},
     [](const Json& entry) { return entry.contains("except_outliers"); }},
    {{"dettmers2023qlora", "{QLoRA}: Efficient Finetuning of Quantized {LLM}s",
      "Dettmers, Tim and Pagnoni, Artidoro and Holtzman, Ari and Zettlemoyer, Luke", "2023",
      "2305.14314"},
     [](const Json& entry) { return says(entry, "grid", "nf4"); }},
    {{"kim2023squeezellm", "{SqueezeLLM}: Dense-and-Sparse Quantization",
      "Kim, Sehoon and Hooper, Coleman and Gholami, Amir and Dong, Zhen and Li, Xiuyu and Shen, "
      "Sheng and Mahoney, Michael W. and Keutzer, Kurt",
      "2023", "2306.07629"},
     [](const Json& entry) { return says(entry, "grid", "kmeans"); }},
    {{"kim2023finequant",
      "{FineQuant}: Unlocking Efficiency with Fine-Grained Weight-Only Quantization for {LLM}s",
      "Kim, Young Jin and Henry, Rawn and Fahim, Raffy and Awadalla, Hany Hassan", "2023",
      "2308.09723"},
     [](const Json& entry) { return says(entry, "granularity", "auto"); }},
};

}  // namespace

std::vector<Reference> references_of(const std::vector<RowKey>& keys) {
  std::vector<Reference> references;
  for (const KnownReference& known : kReferences) {
    const bool used = std::any_of(keys.begin(), keys.end(), [&known](const RowKey& key) {
      return std::any_of(key.entries.begin(), key.entries.end(), [&known](const Json& entry) {
        return entry.is_object() && known.rests_on(entry);
      });
    });
    if (used) references.push_back(known.reference);
  }
  return references;
}

std::string bibtex_of(const Reference& reference) {
  return fmt::format(
      "@misc{{{},\n  title = {{{}}},\n  author = {{{}}},\n  year = {{{}}},\n  eprint = {{{}}},\n  "
      "archivePrefix = {{arXiv}}\n}}\n",
      reference.key, reference.title, reference.authors, reference.year, reference.arxiv);
}

}  // namespace nf
