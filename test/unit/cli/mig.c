/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/draw.h"
#include "cli/layout_check.h"
#include "cli/mig.h"
#include "cli/table.h"
#include "lib/command.h"
#include "lib/sweep.h"

struct row {
        const char *name;
        const char *args; /* separated by blanks */
        int code;
        const char *reason;
        const char *out, *err; /* all that is printed; NULL: nothing is */
};

/* clang-format off */
static const struct row rows[] = {
        { "one product", "nvidia-a30", 0, "",
          "A30-24GB: 24Gi, 4 compute and 4 memory slices\n"
          "Also called a30.24gb, nvidia-a30, NVIDIA-A30X\n"
          "PCI ids 0x20B710DE, 0x20B910DE\n"
          "Precisions fp32, tf32, bf16, fp16, int8, int4\n"
          "\n"
          "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n"
          "1g.6gb                1       1        4      5952Mi  0 1 2 3  once 1g.3gb\n"
          "1g.6gb+me             1       1        1      5952Mi  0 1 2 3\n"
          "2g.12gb               2       2        2     11968Mi  0 2  once 2g.6gb\n"
          "2g.12gb+me            2       2        1     11968Mi  0 2\n"
          "4g.24gb               4       4        1     24000Mi  0\n"
          "\n"
          "The starts are those that the driver lists.\n",
          NULL },
        { "former names", "A100-80GB", 0, "7g.79gb is known",
          "A100-80GB: 80Gi, 7 compute and 8 memory slices\n"
          "Also called nvidia-a100-80gb, a100.80gb, nvidia-a100, NVIDIA-A100-SXM4-80GB,\n"
          "  NVIDIA-A100-80GB-PCIe, NVIDIA-A100X, A100_NVLINK_80GB, A100_PCIE_80GB\n"
          "PCI ids 0x20B210DE, 0x20B510DE, 0x20B810DE\n"
          "Precisions fp32, tf32, bf16, fp16, int8, int4\n"
          "\n"
          "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n"
          "1g.10gb               1       1        7      9728Mi  0 1 2 3 4 5 6\n"
          "1g.10gb+me            1       1        1      9728Mi  0 1 2 3 4 5 6\n"
          "1g.20gb               1       2        4     19968Mi  0 2 4 6\n"
          "2g.20gb               2       2        3     19968Mi  0 2 4\n"
          "3g.40gb               3       4        2     40192Mi  0 4\n"
          "4g.40gb               4       4        1     40192Mi  0\n"
          "7g.80gb               7       8        1     80640Mi  0  once 7g.79gb\n"
          "\n"
          "The starts are those that the driver lists.\n",
          NULL },
        { "two products", "nvidia-h20", 0, "both are shown",
          "H20-96GB: 96Gi, 7 compute and 8 memory slices\n"
          "Also called nvidia-h20\n"
          "PCI ids 0x232910DE\n"
          "Precisions fp32, tf32, bf16, fp16, fp8, int8, int4\n"
          "\n"
          "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n"
          "1g.12gb               1       1        7           -  0 1 2 3 4 5 6\n"
          "1g.12gb+me            1       1        1           -  0 1 2 3 4 5 6\n"
          "1g.24gb               1       2        4           -  0 2 4 6\n"
          "2g.24gb               2       2        3           -  0 2 4\n"
          "3g.48gb               3       4        2           -  0 4\n"
          "4g.48gb               4       4        1           -  0\n"
          "7g.96gb               7       8        1           -  0\n"
          "\n"
          "The starts are assumed: those of other GPUs of seven slices.\n"
          "\n"
          "H20-141GB: 141Gi, 7 compute and 8 memory slices\n"
          "Also called nvidia-h20, NVIDIA-H20-3e\n"
          "PCI ids 0x232C10DE\n"
          "Precisions fp32, tf32, bf16, fp16, fp8, int8, int4\n"
          "\n"
          "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n"
          "1g.18gb               1       1        7           -  0 1 2 3 4 5 6\n"
          "1g.18gb+me            1       1        1           -  0 1 2 3 4 5 6\n"
          "1g.35gb               1       2        4           -  0 2 4 6\n"
          "2g.35gb               2       2        3           -  0 2 4\n"
          "3g.71gb               3       4        2           -  0 4\n"
          "4g.71gb               4       4        1           -  0\n"
          "7g.141gb              7       8        1           -  0\n"
          "\n"
          "The starts are assumed: those of other GPUs of seven slices.\n",
          NULL },
        { "no profiles", "RTX-PRO-5000-72GB", 0, "",
          "RTX-PRO-5000-72GB: 72Gi\n"
          "Also called NVIDIA-RTX-PRO-5000-72GB-Blackwell\n"
          "Precisions fp32, tf32, bf16, fp16, fp8, fp6, fp4, nvfp4, mxfp4, int8, int4\n"
          "\n"
          "No MIG profile of this GPU is documented.\n",
          NULL },
        { "unified memory", "NVIDIA-Thor", 0, "",
          "THOR-IGPU: the CPU's memory, 3 compute and 3 memory slices\n"
          "Also called NVIDIA-Thor\n"
          "Precisions fp32, tf32, bf16, fp16, fp8, mxfp8, fp6, fp4, nvfp4, mxfp4, int8,\n"
          "  int4\n"
          "\n"
          "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n"
          "1g.0gb                1       1        1           -  0\n"
          "1g.0gb+me             1       1        1           -  0\n"
          "1g.0gb+gfx            1       1        1           -  2\n"
          "2g.0gb                2       2        1           -  0\n"
          "2g.0gb+gfx            2       2        1           -  1\n"
          "3g.0gb                3       3        1           -  0\n"
          "3g.0gb+gfx            3       3        1           -  0\n"
          "\n"
          "The starts are not published, or reports disagree: try on the machine what fits.\n",
          NULL },
        { "unknown", "nvidia-z4", 2, "",
          NULL,
          "mig: unknown GPU \"nvidia-z4\"; \"mig\" alone lists those that are known\n" },
        { "without MIG", "L40S", 0, "",
          "L40S-48GB: 48Gi (46068Mi reported)\n"
          "Also called NVIDIA-L40S\n"
          "PCI ids 0x26B910DE\n"
          "Precisions fp32, tf32, bf16, fp16, fp8, int8, int4\n"
          "\n"
          "This GPU has no MIG: a pod gets a whole one, or a share.\n",
          NULL },
        { "layout without MIG", "check t4 1g.5gb", 1, "",
          "This GPU has no MIG: a pod gets a whole one, or a share.\n",
          NULL },
        { "two names", "nvidia-a30 h100.80gb", 2, "",
          NULL,
          "mig: one GPU at a time; see mig --help\n" },
        { "misspelt check", "chek h100.80gb 3g.40gb", 2, "",
          NULL,
          "mig: \"chek\" is neither \"check\" nor a GPU that is known; see mig --help\n" },
        { "forgotten check", "h100.80gb 3g.40gb", 2, "",
          NULL,
          "mig: is \"mig check h100.80gb 3g.40gb\" meant? see mig --help\n" },
        { "fits", "check nvidia-h100-80gb 3g.40gb,1g.10gb:4", 0, "from the founding example",
          "H100-80GB holds 3g.40gb, 4 x 1g.10gb\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+--------+--------+--------+--------+-----------------------------------+\n"
          "|1g.10gb |1g.10gb |1g.10gb |1g.10gb |3g.40gb                            |\n"
          "+--------+--------+--------+--------+-----------------------------------+\n"
          "7 of 7 compute and 8 of 8 memory slices are used.\n",
          NULL },
        { "fits, any case", "check NVIDIA-H100-80GB-HBM3 3G.40GB", 0, "and the rest is free",
          "H100-80GB holds 3g.40gb\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+-----------------------------------+-----------------------------------+\n"
          "|3g.40gb                            |free                               |\n"
          "+-----------------------------------+-----------------------------------+\n"
          "3 of 7 compute and 4 of 8 memory slices are used.\n",
          NULL },
        { "attributes", "check nvidia-rtx-pro-6000 1g.24gb+me.all,1g.24gb-me:2", 0, "on a line of their own",
          "RTX-PRO-6000-96GB holds 2 x 1g.24gb-me, 1g.24gb+me.all\n"
          "\n"
          " 0     1     2     3     4     5     6     7     8     9     10    11\n"
          "+-----------------+-----------------+-----------------+-----------------+\n"
          "|1g.24gb          |1g.24gb          |1g.24gb          |free             |\n"
          "|-me              |-me              |+me.all          |                 |\n"
          "+-----------------+-----------------+-----------------+-----------------+\n"
          "3 of 4 compute and 9 of 12 memory slices are used.\n",
          NULL },
        { "hole", "check h200-141gb 1g.18gb,3g.71gb", 0, "the free slices in one piece",
          "H200-141GB holds 3g.71gb, 1g.18gb\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+-----------------------------------+--------+--------------------------+\n"
          "|3g.71gb                            |1g.18gb |free                      |\n"
          "+-----------------------------------+--------+--------------------------+\n"
          "4 of 7 compute and 5 of 8 memory slices are used.\n"
          "The starts are from published tables; no listing was seen.\n",
          NULL },
        { "former name", "check nvidia-a30 1g.3gb,2g.6gb", 0, "as the catalogue spells them",
          "A30-24GB holds 2g.12gb, 1g.6gb\n"
          "\n"
          " 0                 1                 2                 3\n"
          "+-----------------------------------+-----------------+-----------------+\n"
          "|2g.12gb                            |1g.6gb           |free             |\n"
          "+-----------------------------------+-----------------+-----------------+\n"
          "3 of 4 compute and 3 of 4 memory slices are used.\n",
          NULL },
        { "assumed", "check b300.269gb 1g.34gb:7", 0, "",
          "B300-269GB holds 7 x 1g.34gb\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+--------+--------+--------+--------+--------+--------+--------+--------+\n"
          "|1g.34gb |1g.34gb |1g.34gb |1g.34gb |1g.34gb |1g.34gb |1g.34gb |free    |\n"
          "+--------+--------+--------+--------+--------+--------+--------+--------+\n"
          "7 of 7 compute and 7 of 8 memory slices are used.\n"
          "The starts are assumed: those of other GPUs of seven slices.\n",
          NULL },
        { "machine type", "check p5.48xlarge 7g.80gb", 0, "",
          "H100-80GB holds 7g.80gb\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+-----------------------------------------------------------------------+\n"
          "|7g.80gb                                                                |\n"
          "+-----------------------------------------------------------------------+\n"
          "7 of 7 compute and 8 of 8 memory slices are used.\n",
          NULL },
        { "does not fit", "check h100.80gb 4g.40gb,2g.20gb:2", 1, "",
          "H100-80GB does not hold 4g.40gb, 2 x 2g.20gb: no arrangement keeps the slices\n"
          "  from overlapping\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+-----------------------------------+-----------------+-----------------+\n"
          "|4g.40gb                            |2g.20gb          |free             |\n"
          "+-----------------------------------+-----------------+-----------------+\n"
          "No place for 2g.20gb.\n"
          "\n"
          "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n"
          "2g.20gb               2       2        3     20096Mi  0 2 4\n"
          "4g.40gb               4       4        1     40448Mi  0\n",
          NULL },
        { "too many", "check nvidia-a100 1g.10gb:8", 1, "the first that has the profile is meant",
          "A100-40GB does not hold 8 x 1g.10gb: 8 x 1g.10gb, but one GPU holds 4\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+-----------------+-----------------+-----------------+-----------------+\n"
          "|1g.10gb          |1g.10gb          |1g.10gb          |1g.10gb          |\n"
          "+-----------------+-----------------+-----------------+-----------------+\n"
          "No place for 4 x 1g.10gb.\n"
          "\n"
          "PROFILE         COMPUTE  MEMORY  PER GPU  REALLY HAS  STARTS AT\n"
          "1g.10gb               1       2        4      9856Mi  0 2 4 6\n"
          "nvidia-a100 may mean A100-80GB too.\n",
          NULL },
        { "too many for one of two", "check nvidia-a100 1g.10gb:7", 0,
          "the first that holds the layout is meant",
          "A100-80GB holds 7 x 1g.10gb\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+--------+--------+--------+--------+--------+--------+--------+--------+\n"
          "|1g.10gb |1g.10gb |1g.10gb |1g.10gb |1g.10gb |1g.10gb |1g.10gb |free    |\n"
          "+--------+--------+--------+--------+--------+--------+--------+--------+\n"
          "7 of 7 compute and 7 of 8 memory slices are used.\n"
          "nvidia-a100 may mean A100-40GB too.\n",
          NULL },
        { "second meaning", "check nvidia-a100 1g.20gb", 0, "",
          "A100-80GB holds 1g.20gb\n"
          "\n"
          " 0        1        2        3        4        5        6        7\n"
          "+-----------------+-----------------------------------------------------+\n"
          "|1g.20gb          |free                                                 |\n"
          "+-----------------+-----------------------------------------------------+\n"
          "1 of 7 compute and 2 of 8 memory slices are used.\n"
          "nvidia-a100 may mean A100-40GB too.\n",
          NULL },
        { "lacks it", "check a100.80gb 1g.5gb:7", 1, "",
          "A100-80GB has no 1g.5gb; it has 1g.10gb, 1g.10gb+me, 1g.20gb, 2g.20gb, 3g.40gb,\n"
          "  4g.40gb, 7g.80gb\n",
          NULL },
        { "lacks a part", "check h100.80gb 1c.3g.40gb", 1, "",
          "H100-80GB has no 1c.3g.40gb: a part of an instance is nothing that a pod can ask\n"
          "  for; it has 1g.10gb, 1g.10gb+me, 1g.20gb, 2g.20gb, 3g.40gb, 4g.40gb, 7g.80gb\n",
          NULL },
        { "no MIG", "check RTX-PRO-5000-72GB 1g.18gb", 1, "",
          "No MIG profile of this GPU is documented.\n",
          NULL },
        { "json", "check nvidia-a30 2g.12gb -o json", 0, "",
          "{\"basis\":\"Listed\",\"fits\":true,\"gpu\":\"A30-24GB\",\"layout\":{\"2g.12gb\":1},\"slices\":[{\"profile\":\"2g.12gb\",\"size\":2,\"start\":0}]}\n",
          NULL },
        { "json, not", "check nvidia-a30 1g.6gb:9 --output=json", 1, "",
          "{\"basis\":\"Listed\",\"fits\":false,\"gpu\":\"A30-24GB\",\"layout\":{\"1g.6gb\":9},\"reason\":\"9 x 1g.6gb, but one GPU holds 4\"}\n",
          NULL },
        { "json, lacks", "check nvidia-a30 1g.5gb -o json", 1, "",
          "{\"basis\":\"Listed\",\"fits\":false,\"gpu\":\"A30-24GB\",\"reason\":\"A30-24GB has no 1g.5gb; it has 1g.6gb, 1g.6gb+me, 2g.12gb, 2g.12gb+me, 4g.24gb\"}\n",
          NULL },
        { "yaml", "-o yaml check nvidia-a30 1g.6gb+me", 0, "flags first",
          "basis: Listed\n"
          "fits: true\n"
          "gpu: A30-24GB\n"
          "layout:\n"
          "  1g.6gb+me: 1\n"
          "slices:\n"
          "- profile: 1g.6gb+me\n"
          "  size: 1\n"
          "  start: 0\n",
          NULL },
        { "product yaml", "a30.24gb -o yaml", 0, "",
          "gpus:\n"
          "- aliases:\n"
          "  - a30.24gb\n"
          "  - nvidia-a30\n"
          "  - NVIDIA-A30X\n"
          "  basis: Listed\n"
          "  computeSlices: 4\n"
          "  maker: NVIDIA\n"
          "  memoryGiB: 24\n"
          "  memorySlices: 4\n"
          "  name: A30-24GB\n"
          "  pciIds:\n"
          "  - \"0x20B710DE\"\n"
          "  - \"0x20B910DE\"\n"
          "  precisions:\n"
          "  - fp32\n"
          "  - tf32\n"
          "  - bf16\n"
          "  - fp16\n"
          "  - int8\n"
          "  - int4\n"
          "  profiles:\n"
          "  - computeSlices: 1\n"
          "    formerly: 1g.3gb\n"
          "    memoryMiB: 5952\n"
          "    memorySlices: 1\n"
          "    name: 1g.6gb\n"
          "    perGpu: 4\n"
          "    starts:\n"
          "    - 0\n"
          "    - 1\n"
          "    - 2\n"
          "    - 3\n"
          "  - computeSlices: 1\n"
          "    memoryMiB: 5952\n"
          "    memorySlices: 1\n"
          "    name: 1g.6gb+me\n"
          "    perGpu: 1\n"
          "    starts:\n"
          "    - 0\n"
          "    - 1\n"
          "    - 2\n"
          "    - 3\n"
          "  - computeSlices: 2\n"
          "    formerly: 2g.6gb\n"
          "    memoryMiB: 11968\n"
          "    memorySlices: 2\n"
          "    name: 2g.12gb\n"
          "    perGpu: 2\n"
          "    starts:\n"
          "    - 0\n"
          "    - 2\n"
          "  - computeSlices: 2\n"
          "    memoryMiB: 11968\n"
          "    memorySlices: 2\n"
          "    name: 2g.12gb+me\n"
          "    perGpu: 1\n"
          "    starts:\n"
          "    - 0\n"
          "    - 2\n"
          "  - computeSlices: 4\n"
          "    memoryMiB: 24000\n"
          "    memorySlices: 4\n"
          "    name: 4g.24gb\n"
          "    perGpu: 1\n"
          "    starts:\n"
          "    - 0\n"
          "  resource: nvidia.com/gpu\n",
          NULL },
        { "part of a name", "check h100- 1g.10gb", 2, "",
          NULL,
          "mig: \"h100-\" does not say which GPU: H100-64GB, H100-80GB, H100-94GB, H100-96GB\n" },
        { "unknown GPU", "check nvidia-z4 1g.10gb", 2, "",
          NULL,
          "mig: unknown GPU \"nvidia-z4\"; \"mig\" alone lists those that are known\n" },
        { "unreadable", "check h100.80gb foo", 2, "",
          NULL,
          "mig: \"foo\" is not profile[:count], such as 1g.10gb:7\n" },
        { "bad count", "check h100.80gb 1g.10gb:0", 2, "",
          NULL,
          "mig: \"1g.10gb:0\": the count is not within 1 and 1000\n" },
        { "no layout", "check h100.80gb", 2, "",
          NULL,
          "mig: check needs GPU and LAYOUT; see mig --help\n" },
        { "layout in two words", "check h100.80gb 3g.40gb 1g.10gb:4", 2, "",
          NULL,
          "mig: 1g.10gb:4: a LAYOUT is one word, its profiles joined by commas\n" },
        { "form", "-o xml", 2, "",
          NULL,
          "mig: --output: \"xml\" is neither json nor yaml\n" },
        { "flag", "-z", 2, "",
          NULL,
          "mig: unknown flag -z; see mig --help\n" },
        { "half a flag", "--outp json", 2, "",
          NULL,
          "mig: unknown flag --outp; see mig --help\n" },
        { "no value", "h100.80gb -o", 2, "",
          NULL,
          "mig: -o needs a value; see mig --help\n" },
};
/* clang-format on */

static int begin(void **state) {
        (void)state;
        return command_begin(NULL, 0);
}

static struct command_output printed;

static int run(const char *args) {
        command_run(cli_mig, "mig", args, &printed);
        return printed.code;
}

static bool is_as_wanted(const char *got, const char *want) {
        return strcmp(got, want ? want : "") == 0;
}

static void test_commands(void **state) {

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                int code = run(rows[i].args);
                char *out = printed.out, *err = printed.err;

                if (code != rows[i].code || !is_as_wanted(out, rows[i].out) ||
                    !is_as_wanted(err, rows[i].err))
                        fail_msg("%s (%s): exit %d\n--- out\n%s--- err\n%s", rows[i].name,
                                 rows[i].reason, code, out, err);
        }
}

/* A line for each GPU that fits a terminal, also for those without MIG. */
static void test_list(void **state) {
        static const char *const lines[] = {
                "GPU                     MEMORY  SLICES  PROFILES  ALSO CALLED\n"
                "A30-24GB                  24Gi       4         5  a30.24gb, nvidia-a30\n",
                "\nPG506-96GB                96Gi       -         -\n",
                "\nRTX-PRO-6000-96GB         96Gi       4        11  nvidia-rtx-pro-6000\n",
                "\nTHOR-IGPU                    -       3         7  NVIDIA-Thor\n",
                "\nL40S-48GB                 48Gi  no MIG         -  NVIDIA-L40S\n",
                "\nT4-16GB                   16Gi  no MIG         -  Tesla-T4, nvidia-tesla-t4, "
                "T4\n",
                "\nMI300X-192GB             192Gi  no MIG         -  AMD-Instinct-MI300X-OAM\n",
        };
        size_t n_lines = 0, n_products = 0, column = 0;

        (void)state;
        assert_int_equal(run(""), 0);
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                print_message("%s\n", lines[i]);
                assert_non_null(strstr(printed.out, lines[i]));
        }
        for (const char *c = printed.out; *c; c++) {
                column = *c == '\n' ? 0 : column + 1;
                n_lines += *c == '\n';
                assert_true(column <= COLUMNS_WIDTH);
        }
        while (catalog_product(n_products))
                n_products++;
        assert_int_equal(n_lines, n_products + 1);
}

static void test_help(void **state) {

        (void)state;
        assert_int_equal(run("check --help"), 0);
        assert_non_null(strstr(printed.out, "usage: function-gpu-placement mig [GPU]"));
        assert_string_equal(printed.err, "");
}

/* No line is longer, and none ends in a blank. */
static void check_lines(const char *out) {
        for (const char *line = out, *end; (end = strchr(line, '\n')); line = end + 1) {
                if (end - line > COLUMNS_WIDTH || (end > line && end[-1] == ' '))
                        fail_msg("%.*s|", (int)(end - line), line);
        }
}

/* Each GPU's page, each of its profiles drawn alone, and the catalogue as values. */
static void test_every_product(void **state) {
        const struct gpu_product *product;
        char args[128];

        (void)state;
        assert_int_equal(run(""), 0);
        check_lines(printed.out);
        assert_int_equal(run("-o json"), 0);
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                snprintf(args, sizeof(args), "%.*s", TEXT_ARG(product->name));
                assert_non_null(strstr(printed.out, args));
        }
        for (size_t i = 0; (product = catalog_product(i)); i++) {
                snprintf(args, sizeof(args), "%.*s", TEXT_ARG(product->name));
                assert_int_equal(run(args), 0);
                check_lines(printed.out);
                for (size_t j = 0; j < product->n_profiles; j++) {
                        const struct gpu_profile *p = &product->profiles[j];

                        snprintf(args, sizeof(args), "check %.*s %.*s:%d", TEXT_ARG(product->name),
                                 TEXT_ARG(p->name), p->max_instances);
                        assert_int_equal(run(args), 0);
                        check_lines(printed.out);
                }
        }
}

static void test_colours(void **state) {
        const struct gpu_product *product;
        int64_t counts[LAYOUT_KINDS_MAX] = { 1 };
        struct layout layout;
        struct arena arena;
        struct builder b;
        struct fault fault;

        (void)state;
        arena_init(&arena, 1 << 16);
        assert_int_equal(catalog_find(TEXT("A30-24GB"), &product, 1), 1);
        assert_int_equal(layout_place(product, counts, &layout, &fault), 0);
        for (int colours = 0; colours < 2; colours++) {
                struct text drawn;

                builder_init(&b, &arena);
                draw_layout(product, &layout, (struct draw_style) { .colours = colours }, &b);
                drawn = builder_done(&b);
                assert_int_equal(text_contains(drawn, TEXT("|\033[36m1g.6gb           \033[0m|")),
                                 colours);
                assert_int_equal(text_contains(drawn, TEXT("|\033[2mfree")), colours);
                assert_int_equal(text_contains(drawn, TEXT("\033")), colours);
        }
        arena_release(&arena);
}

static int judge_and_draw(const char *layout, struct arena *arena) {
        struct verdict v;
        struct fault fault;
        struct builder b;
        int r = layout_check_reach(TEXT("nvidia-a100"), text_from(layout), arena, &v, &fault);

        if (r < 0)
                return r;
        assert_false(arena_failed(arena));
        builder_init(&b, arena);
        draw_product(v.product, &b);
        if (v.fits)
                draw_layout(v.product, &v.layout, (struct draw_style) { .colours = true }, &b);
        builder_done(&b);
        return arena_failed(arena) ? -ENOMEM : 0;
}

/* What is wrong is red, nothing else is; and a terminal's width is used. */
static void test_wrong(void **state) {
        const struct gpu_product *product = catalog_product(0);
        struct arena arena;
        struct builder b;

        (void)state;
        arena_init(&arena, 1 << 20);
        builder_init(&b, &arena);
        draw_wrong(TEXT("No place."), (struct draw_style) { .colours = true }, &b);
        assert_true(text_equal(builder_done(&b), TEXT("\033[31mNo place.\033[0m\n")));
        for (size_t i = 0; i < product->n_profiles; i++) {
                int64_t counts[LAYOUT_KINDS_MAX] = { 0 };
                struct layout layout;
                struct fault fault;
                struct text drawn;

                counts[i] = 1;
                assert_int_equal(layout_place(product, counts, &layout, &fault), 0);
                builder_init(&b, &arena);
                draw_layout(product, &layout,
                            (struct draw_style) { .colours = true, .columns = 40 }, &b);
                drawn = builder_done(&b);
                assert_false(text_contains(drawn, TEXT("\033[31m")));
                assert_true(text_index(drawn, '\n') <= 40);
                builder_init(&b, &arena);
                draw_layout(product, &layout, (struct draw_style) { .columns = 100 }, &b);
                drawn = builder_done(&b);
                assert_true(drawn.len > 3 * 85);
        }
        arena_release(&arena);
}

static void test_no_memory(void **state) {
        static const char *const layouts[] = { "3g.40gb,1g.10gb:3", "4g.40gb:2", "1g.7gb" };

        (void)state;
        for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
                struct arena arena;

                arena_init(&arena, 1 << 20);
                for (uint64_t n = 1;; n++) {
                        int r;

                        sweep_arm(&arena, n);
                        r = judge_and_draw(layouts[i], &arena);
                        if (sweep_is_over(&arena, n, r))
                                break;
                }
                arena_release(&arena);
        }
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_commands),  cmocka_unit_test(test_list),
                cmocka_unit_test(test_help),      cmocka_unit_test(test_every_product),
                cmocka_unit_test(test_colours),   cmocka_unit_test(test_wrong),
                cmocka_unit_test(test_no_memory),
        };

        return cmocka_run_group_tests_name("mig", tests, begin, command_end);
}
