//! Clients of other services: deepface, CompreFace and KServe (Triton), in the shapes that they send.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::client::{Answer, Serving, portrait};

fn ask(serving: &Serving, path: &str, body: &Value) -> Answer {
    serving.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes()).unwrap()
}

/// A gray picture without a face.
fn empty() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(200, 150, image::Rgb([90; 3])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn deepface_gets_its_seven_emotions_in_per_cent() {
    let serving = Serving::start(&[]);
    let picture = portrait();
    let base64 = BASE64_STANDARD.encode(&picture);
    let own = serving.post("/v1/analyze?landmarks=5", &picture).json()["faces"][0].clone();
    let uri = format!("data:image/png;base64,{base64}");
    let form: [(&str, Option<&str>, &[u8]); 3] =
        [("img", Some("a.png"), &picture), ("actions", None, b"['emotion']"), ("enforce_detection", None, b"False")];
    let answers = [
        ask(
            &serving,
            "/analyze",
            &json!({"img": uri, "actions": ["emotion"], "detector_backend": "opencv", "enforce_detection": true}),
        ),
        ask(&serving, "/analyze", &json!({"img": base64})),
        serving.form("/analyze", &form),
        serving
            .send(
                "POST",
                "/analyze",
                &[("content-type", "application/x-www-form-urlencoded")],
                format!("actions=emotion&img={}", uri.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")).as_bytes(),
            )
            .unwrap(),
    ];
    for answer in &answers {
        assert_eq!((answer.status, answer.text()), (200, answers[0].text()));
    }
    let result = answers[0].json()["results"][0].clone();
    let emotion = result["emotion"].as_object().unwrap();
    assert_eq!(emotion.len(), 7);
    let seven: f64 = emotion.keys().map(|name| own["probabilities"][name].as_f64().unwrap()).sum();
    assert!(seven < 1.0, "the model knows more than the seven");
    for (name, percent) in emotion {
        let expected = 100.0 * own["probabilities"][name].as_f64().unwrap() / seven;
        assert!((percent.as_f64().unwrap() - expected).abs() < 1e-4, "{name}: {percent} and {expected}");
    }
    assert_eq!(result["dominant_emotion"], own["label"]);
    let region = &result["region"];
    assert_eq!(json!([region["x"], region["y"], region["w"], region["h"]]), own["box"]);
    // The person's left eye is right in the picture.
    assert!(region["left_eye"][0].as_i64().unwrap() > region["right_eye"][0].as_i64().unwrap());
    assert_eq!(result["face_confidence"], own["score"]);
}

#[test]
fn what_deepface_does_beyond_is_refused_by_name() {
    let serving = Serving::start(&[]);
    let picture = BASE64_STANDARD.encode(empty());
    let asked = |more: Value| {
        let mut body = json!({"img": picture});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask(&serving, "/analyze", &body)
    };
    for (more, named) in [
        (json!({"actions": ["emotion", "age"]}), "`age`"),
        (json!({"actions": "race"}), "`race`"),
        (json!({"anti_spoofing": true}), "anti_spoofing"),
        (json!({"align": false}), "align"),
        (json!({"expand_percentage": 10}), "expand_percentage"),
        (json!({"img": "https://example.org/a.png"}), "no addresses"),
        (json!({"img": "/etc/passwd"}), "no addresses"),
        (json!({"img": null}), "`img`"),
        (json!({}), "Face could not be detected"),
    ] {
        let answer = asked(more.clone());
        assert_eq!(answer.status, 400, "{more}");
        assert!(answer.json()["error"].as_str().unwrap().contains(named), "{more}: {}", answer.text());
    }
    let whole = asked(json!({"enforce_detection": false})).json();
    assert_eq!(whole["results"][0]["region"], json!({"x": 0, "y": 0, "w": 200, "h": 150, "left_eye": null, "right_eye": null}));
    assert_eq!(whole["results"][0]["face_confidence"], 0.0);
}

#[test]
fn compreface_gets_boxes_and_the_plugins_that_there_are() {
    let serving = Serving::with(&[], &[("MOUE_TOKEN", "key")]);
    let picture = portrait();
    let own =
        serving.send("POST", "/v1/analyze?landmarks=5", &[("x-api-key", "key")], &picture).unwrap().json()["faces"][0].clone();
    let path = "/api/v1/detection/detect?limit=1&det_prob_threshold=0.8&face_plugins=landmarks,emotion,pose";
    let body = json!({"file": BASE64_STANDARD.encode(&picture)}).to_string();
    let kind = ("content-type", "application/json");
    let answer = serving.send("POST", path, &[("x-api-key", "key"), kind], body.as_bytes()).unwrap();
    let (form, whole) = crate::client::form(&[("file", Some("a.png"), &picture)]);
    let by_form = serving.send("POST", path, &[("x-api-key", "key"), ("content-type", &form)], &whole).unwrap();
    assert_eq!((answer.status, answer.text()), (200, by_form.text()));
    let result = answer.json()["result"][0].clone();
    let [x, y, w, h] = [0, 1, 2, 3].map(|at| own["box"][at].as_i64().unwrap());
    let expected = json!({"probability": own["score"], "x_max": x + w, "y_max": y + h, "x_min": x, "y_min": y});
    assert_eq!(result["box"], expected);
    assert_eq!(result["landmarks"].as_array().unwrap().len(), 5);
    assert_eq!(result["emotion"]["value"], own["label"]);
    assert_eq!(result["emotion"]["probabilities"], own["probabilities"]);
    assert_eq!(result["pose"], own["pose"]);
    assert_eq!(serving.send("POST", path, &[kind], body.as_bytes()).unwrap().status, 401);
    let ask = |path: &str, picture: &[u8]| {
        let body = json!({"file": BASE64_STANDARD.encode(picture)}).to_string();
        let answer = serving.send("POST", path, &[("x-api-key", "key"), kind], body.as_bytes()).unwrap();
        (answer.status, answer.json())
    };
    let (status, refused) = ask("/api/v1/detection/detect?face_plugins=age", &picture);
    assert!(status == 400 && refused["message"].as_str().unwrap().contains("`age`"), "{refused}");
    assert_eq!(
        ask("/api/v1/detection/detect", &empty()),
        (400, json!({"message": "No face is found in the given image", "code": 28}))
    );
    assert_eq!(ask("/api/v1/detection/detect", b"no picture").0, 400);
}

#[test]
fn kserve_reads_files_and_crops_in_json_and_behind_it() {
    let serving = Serving::start(&[]);
    let picture = portrait();
    let line = serving.post("/v1/analyze", &picture).text();
    for path in ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/default", "/v2/models/default/ready"] {
        assert_eq!(serving.get(path).status, 200, "{path}");
    }
    assert_eq!(serving.get("/v2/models/other").status, 404);
    let infer = "/v2/models/default/infer";
    let file = json!({"id": "7", "inputs": [{"name": "image", "shape": [2], "datatype": "BYTES", "data": [BASE64_STANDARD.encode(&picture), BASE64_STANDARD.encode(&picture[..9999])]}]});
    let answer = ask(&serving, infer, &file).json();
    assert_eq!((&answer["id"], &answer["model_name"]), (&json!("7"), &json!("default")));
    let records = answer["outputs"][0]["data"].clone();
    assert_eq!(format!("{}\n", records[0].as_str().unwrap()), line.replacen("\"-\"", "\"image\"", 1));
    assert!(records[1].as_str().unwrap().contains("truncated"));
    // As tritonclient sends them.
    let behind = |input: Value, data: &[u8]| {
        let head = json!({"inputs": [input], "parameters": {"binary_data_output": true}}).to_string();
        let body = [head.as_bytes(), data].concat();
        serving.send("POST", infer, &[("inference-header-content-length", &head.len().to_string())], &body).unwrap()
    };
    let element = [&(picture.len() as u32).to_le_bytes()[..], &picture].concat();
    let same = behind(
        json!({"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": element.len()}}),
        &element,
    );
    assert_eq!(same.json()["outputs"][0]["data"][0], records[0]);
    let crop = image::load_from_memory(&picture).unwrap().crop_imm(150, 20, 180, 180).into_rgb8();
    let shape = json!([2, 180, 180, 3]);
    let two = [&crop.as_raw()[..], crop.as_raw()].concat();
    let in_json = ask(&serving, infer, &json!({"inputs": [{"name": "crop", "shape": shape, "datatype": "UINT8", "data": two}]}));
    let parameters = json!({"binary_data_size": two.len()});
    let answer = behind(json!({"name": "crop", "shape": shape, "datatype": "UINT8", "parameters": parameters}), &two);
    assert_eq!((answer.status, answer.text()), (200, in_json.text()));
    let outputs = answer.json()["outputs"].clone();
    let mut bytes = std::io::Cursor::new(Vec::new());
    crop.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let own = serving.post("/v1/analyze?faces=none", bytes.get_ref()).json()["faces"][0].clone();
    assert_eq!(outputs[1]["data"], json!([own["label"], own["label"]]));
    assert_eq!(outputs[0]["shape"], json!([2, 8]));
    let sum: f64 = outputs[0]["data"].as_array().unwrap()[..8].iter().map(|value| value.as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5);
    for wrong in [
        json!({"inputs": []}),
        json!({"inputs": [{"name": "crop", "shape": [1, 2, 2, 3], "datatype": "UINT8", "data": [1, 2]}]}),
        json!({"inputs": [{"name": "crop", "shape": [9_999_999_999_u64, 9_999_999_999_u64, 9_999_999_999_u64, 3], "datatype": "UINT8", "data": []}]}),
        json!({"inputs": [{"name": "image", "shape": [2], "datatype": "BYTES", "data": ["bW91ZQ=="]}]}),
        json!({"inputs": [{"name": "image", "shape": [1], "datatype": "FP32", "data": [1.0]}]}),
    ] {
        let answer = ask(&serving, infer, &wrong);
        assert!(matches!(answer.status, 400 | 413), "{wrong}: {}", answer.text());
    }
    let short = json!({"name": "image", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 8}});
    assert_eq!(behind(short, b"\xff\xff\xff\xffabcd").status, 400);
}
