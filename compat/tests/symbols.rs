//! What the dynamic linker sees of `libspot.so`.
#![cfg(target_os = "linux")]

mod library;

use std::process::Command;

use library::{libspot, run, text};

/// The functions of libspot 1's `interface.h`.
const NAMES: &str = "
    version
    Spot_new Spot_delete Spot_step Spot_status Spot_config Spot_set_q Spot_getUpperThreshold Spot_getLowerThreshold
    Spot_getUpper_t Spot_getLower_t Spot_up_probability Spot_down_probability
    DSpot_new_light DSpot_delete DSpot_step DSpot_status DSpot_config DSpot_set_q DSpot_getUpperThreshold
    DSpot_getLowerThreshold DSpot_getUpper_t DSpot_getLower_t DSpot_getDrift DSpot_up_probability
    DSpot_down_probability
    Spot_status_ptr Spot_status_delete DSpot_status_ptr DSpot_status_delete
    Spot_config_ptr Spot_config_delete DSpot_config_ptr DSpot_config_delete
    _status_get_n _status_get_ex_up _status_get_ex_down _status_get_Nt_up _status_get_Nt_down _status_get_al_up
    _status_get_al_down _status_get_t_up _status_get_t_down _status_get_z_up _status_get_z_down _status_get_drift
    _config_get_q _config_get_bounded _config_get_max_excess _config_get_alert _config_get_up _config_get_down
    _config_get_n_init _config_get_level _config_get_depth
";

#[test]
fn it_exports_the_55_functions_of_libspot_1_and_nothing_else() {
    let Some(output) = run(Command::new("nm").args(["-D", "--defined-only"]).arg(libspot())) else {
        return;
    };
    let text = text(&output);
    let mut exported: Vec<&str> =
        text.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let mut expected: Vec<&str> = NAMES.split_whitespace().collect();
    exported.sort_unstable();
    expected.sort_unstable();
    assert_eq!(expected.len(), 55);
    assert_eq!(exported, expected);
}

#[test]
fn its_soname_is_libspot_so() {
    let Some(output) = run(Command::new("readelf").arg("-d").arg(libspot())) else { return };
    let text = text(&output);
    let soname = text.lines().find(|line| line.contains("(SONAME)")).expect("it has a soname");
    assert!(soname.ends_with("[libspot.so]"), "{soname}");
}
