/* Reads numbers from standard input, writes the anomalies, and goes on next time where it ended: the detector is kept
 * in a file.
 *
 *     cc resume.c -o resume $(pkg-config --cflags --libs tailspot)
 *     ./resume detector.tailspot < monday.txt
 *     ./resume detector.tailspot < tuesday.txt
 */
#include <stdio.h>
#include <stdlib.h>
#include <tailspot.h>

/* A detector as the file has it; NULL if it cannot be used. */
static tailspot_detector *load(FILE *file, const char *path) {
    tailspot_detector *spot = NULL;
    long size = -1;
    if (fseek(file, 0, SEEK_END) == 0) size = ftell(file);
    rewind(file);
    unsigned char *bytes = size < 0 ? NULL : malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) {
        fprintf(stderr, "%s: cannot be read\n", path);
    } else if (tailspot_load(bytes, (size_t)size, &spot) != TAILSPOT_OK) {
        char why[200];
        tailspot_explain_snapshot(bytes, (size_t)size, why, sizeof why);
        fprintf(stderr, "%s: %s\n", path, why);
    }
    free(bytes);
    return spot;
}

/* Writes to another file first, so that no crash leaves half a detector. */
static int save(const tailspot_detector *spot, const char *path) {
    char other[4096];
    const size_t size = tailspot_snapshot_size(spot);
    const int length = snprintf(other, sizeof other, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof other) return 0;
    unsigned char *bytes = malloc(size);
    FILE *file = bytes == NULL ? NULL : fopen(other, "wb");
    int is_saved = 0;
    if (file != NULL) {
        is_saved = tailspot_save(spot, bytes, size) == TAILSPOT_OK && fwrite(bytes, 1, size, file) == size;
        is_saved = fclose(file) == 0 && is_saved && rename(other, path) == 0;
    }
    free(bytes);
    return is_saved;
}

static tailspot_detector *make(void) {
    tailspot_config config;
    tailspot_detector *spot = NULL;
    if (tailspot_config_init(&config, sizeof config) != TAILSPOT_OK) return NULL;
    config.q = 1e-3;
    config.level = 0.95;
    config.n_init = 1000;
    const tailspot_result result = tailspot_new(&config, &spot);
    if (result != TAILSPOT_OK) fprintf(stderr, "tailspot_new: %s\n", tailspot_result_message(result));
    return spot;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE < NUMBERS\n", argv[0]);
        return 2;
    }
    FILE *file = fopen(argv[1], "rb");
    tailspot_detector *spot = file == NULL ? make() : load(file, argv[1]);
    if (file != NULL) fclose(file);
    if (spot == NULL) return 1;

    double x;
    while (scanf("%lf", &x) == 1) {
        const int32_t event = tailspot_step(spot, x);
        if (event == TAILSPOT_ALERT_UP || event == TAILSPOT_ALERT_DOWN) printf("%g\n", x);
    }
    const int is_saved = save(spot, argv[1]);
    if (!is_saved) fprintf(stderr, "%s: cannot be written\n", argv[1]);
    tailspot_free(spot);
    return is_saved ? 0 : 1;
}
