//! `tailspot._fast`: one value at a time without the cost of ctypes.
//!
//! It holds no algorithm and does not link to the engine. A `Bound` calls the function that ctypes found in the shared
//! library, and it does so under the GIL, without letting go of it: while `armed` is the address of a detector, no other
//! thread is inside a call on that detector. `_handle.py` sets `armed` to 0 before it calls the library without the GIL,
//! and for ever when the detector is closed. What this path does not take goes to the method `step_slowly`, which takes
//! the lock, converts with care, and finds the words for what is wrong.

use std::ffi::{c_int, c_void};
use std::mem::{offset_of, transmute};
use std::ptr::null_mut;

use pyo3_ffi::*;

type Step = unsafe extern "C" fn(detector: *mut c_void, value: f64) -> i32;

#[repr(C)]
struct Bound {
    base: PyObject,
    step: Option<Step>,
    /// The events with the codes from -2 to 5, owned; NULL before `bind`.
    events: [*mut PyObject; 8],
    /// The detector, or 0: not now.
    armed: u64,
}

unsafe extern "C" fn step(me: *mut PyObject, x: *mut PyObject) -> *mut PyObject {
    // SAFETY: called by Python with the GIL, a Bound and an object. Converting may run any Python code, so `armed` is
    // read after it; between that and the return of `step` no Python code runs.
    unsafe {
        if PyFloat_Check(x) != 0 || PyLong_Check(x) != 0 {
            let value = PyFloat_AsDouble(x);
            let bound = me.cast::<Bound>();
            if value == -1.0 && !PyErr_Occurred().is_null() {
                PyErr_Clear();
            } else if let (Some(step), true) = ((*bound).step, (*bound).armed != 0) {
                let code = step((*bound).armed as *mut c_void, value);
                if let Some(&event) = (*bound).events.get((code + 2) as usize) {
                    Py_INCREF(event);
                    return event;
                }
            }
        }
        let name = PyUnicode_FromString(c"step_slowly".as_ptr());
        let event = PyObject_CallMethodObjArgs(me, name, x, null_mut::<PyObject>());
        Py_DECREF(name);
        event
    }
}

/// `bind(address of tailspot_step, tuple of the eight events)`, once.
unsafe extern "C" fn bind(me: *mut PyObject, args: *mut PyObject) -> *mut PyObject {
    let (mut address, mut events) = (0_u64, null_mut::<PyObject>());
    // SAFETY: called by Python with the GIL, a Bound and a tuple.
    unsafe {
        let tuple = &raw mut PyTuple_Type;
        if PyArg_ParseTuple(args, c"KO!".as_ptr(), &raw mut address, tuple, &raw mut events) == 0 {
            return null_mut();
        }
        let bound = me.cast::<Bound>();
        if PyTuple_Size(events) != 8 || (*bound).step.is_some() {
            PyErr_SetString(PyExc_ValueError, c"bind takes eight events, once".as_ptr());
            return null_mut();
        }
        for i in 0..8 {
            let event = PyTuple_GetItem(events, i);
            Py_INCREF(event);
            (*bound).events[i as usize] = event;
        }
        (*bound).step = transmute::<usize, Option<Step>>(address as usize);
        Py_INCREF(Py_None());
        Py_None()
    }
}

unsafe extern "C" fn dealloc(me: *mut PyObject) {
    // SAFETY: called by Python for the last reference. An instance of a heap type owns a reference to its type.
    unsafe {
        let kind = Py_TYPE(me);
        for event in (*me.cast::<Bound>()).events {
            Py_XDECREF(event);
        }
        let free = transmute::<*mut c_void, freefunc>(PyType_GetSlot(kind, Py_tp_free));
        free(me.cast());
        Py_DECREF(kind.cast());
    }
}

unsafe extern "C" fn fill(module: *mut PyObject) -> c_int {
    // SAFETY: called by Python with the GIL; what the slots point to is copied, or lives as long as the program.
    unsafe {
        let (take_one, take_all) =
            (PyMethodDefPointer { PyCFunction: step }, PyMethodDefPointer { PyCFunction: bind });
        // The type points to its methods for as long as it lives: for ever.
        let methods = Box::leak(Box::new([
            PyMethodDef {
                ml_name: c"step".as_ptr(),
                ml_meth: take_one,
                ml_flags: METH_O,
                ml_doc: c"step($self, x, /)\n--\n\nJudges one value, and learns from it.".as_ptr(),
            },
            PyMethodDef {
                ml_name: c"bind".as_ptr(),
                ml_meth: take_all,
                ml_flags: METH_VARARGS,
                ml_doc: null_mut(),
            },
            PyMethodDef::zeroed(),
        ]));
        let members = Box::leak(Box::new([
            PyMemberDef {
                name: c"armed".as_ptr(),
                type_code: Py_T_ULONGLONG,
                offset: offset_of!(Bound, armed) as Py_ssize_t,
                ..PyMemberDef::default()
            },
            PyMemberDef::default(),
        ]));
        let mut slots = [
            PyType_Slot { slot: Py_tp_dealloc, pfunc: dealloc as *mut c_void },
            PyType_Slot { slot: Py_tp_methods, pfunc: methods.as_mut_ptr().cast() },
            PyType_Slot { slot: Py_tp_members, pfunc: members.as_mut_ptr().cast() },
            PyType_Slot::default(),
        ];
        let mut spec = PyType_Spec {
            name: c"tailspot._fast.Bound".as_ptr(),
            basicsize: size_of::<Bound>() as c_int,
            itemsize: 0,
            flags: (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE) as u32,
            slots: slots.as_mut_ptr(),
        };
        let bound = PyType_FromSpec(&raw mut spec);
        if bound.is_null() || PyModule_AddObject(module, c"Bound".as_ptr(), bound) != 0 {
            Py_XDECREF(bound);
            return -1;
        }
        0
    }
}

/// What Python calls to import the module.
#[unsafe(no_mangle)]
pub extern "C" fn PyInit__fast() -> *mut PyObject {
    let slots = Box::leak(Box::new([
        PyModuleDef_Slot { slot: Py_mod_exec, value: fill as *mut c_void },
        PyModuleDef_Slot { slot: 0, value: null_mut() },
    ]));
    let definition = Box::leak(Box::new(PyModuleDef {
        m_base: PyModuleDef_HEAD_INIT,
        m_name: c"_fast".as_ptr(),
        m_doc: null_mut(),
        m_size: 0,
        m_methods: null_mut(),
        m_slots: slots.as_mut_ptr(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    }));
    // SAFETY: the definition lives as long as the program.
    unsafe { PyModuleDef_Init(definition) }
}
